import eu.europa.esig.dss.diagnostic.SignatureWrapper;
import eu.europa.esig.dss.enumerations.SubIndication;
import eu.europa.esig.dss.model.FileDocument;
import eu.europa.esig.dss.model.x509.CertificateToken;
import eu.europa.esig.dss.simplereport.SimpleReport;
import eu.europa.esig.dss.spi.validation.CommonCertificateVerifier;
import eu.europa.esig.dss.spi.x509.CommonTrustedCertificateSource;
import eu.europa.esig.dss.validation.SignedDocumentValidator;
import eu.europa.esig.dss.validation.reports.Reports;

import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * EU DSS's verdict on the signatures of PDF files, without any network.
 *
 * <p>Usage: java -cp … Judge ROOTS.pem FILE…; prints one JSON object: file → list of signatures.
 */
public final class Judge {

    private Judge() {
    }

    public static void main(String[] arguments) throws Exception {
        CommonTrustedCertificateSource trusted = rootsIn(Path.of(arguments[0]));
        Map<String, String> verdicts = new LinkedHashMap<>();
        for (String file : List.of(arguments).subList(1, arguments.length)) {
            verdicts.put(file, signaturesOf(file, trusted));
        }
        String body = verdicts.entrySet().stream()
                .map(entry -> quoted(entry.getKey()) + ": " + entry.getValue())
                .collect(Collectors.joining(",\n"));
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        out.println("{" + body + "}");
    }

    private static CommonTrustedCertificateSource rootsIn(Path pem) throws Exception {
        CommonTrustedCertificateSource roots = new CommonTrustedCertificateSource();
        try (InputStream stream = Files.newInputStream(pem)) {
            for (Certificate root : CertificateFactory.getInstance("X.509").generateCertificates(stream)) {
                roots.addCertificate(new CertificateToken((X509Certificate) root));
            }
        }
        return roots;
    }

    private static String signaturesOf(String file, CommonTrustedCertificateSource trusted) {
        SignedDocumentValidator validator = SignedDocumentValidator.fromDocument(new FileDocument(file));
        validator.setCertificateVerifier(offline(trusted));
        Reports reports = validator.validateDocument();
        SimpleReport simple = reports.getSimpleReport();
        return reports.getDiagnosticData().getSignatures().stream()
                .map(signature -> verdictOn(signature, simple))
                .collect(Collectors.joining(", ", "[", "]"));
    }

    private static CommonCertificateVerifier offline(CommonTrustedCertificateSource trusted) {
        CommonCertificateVerifier verifier = new CommonCertificateVerifier();
        verifier.setTrustedCertSources(trusted);
        verifier.setAIASource(null);
        verifier.setCrlSource(null);
        verifier.setOcspSource(null);
        return verifier;
    }

    private static String verdictOn(SignatureWrapper signature, SimpleReport simple) {
        String id = signature.getId();
        SubIndication reason = simple.getSubIndication(id);
        Map<String, String> verdict = new LinkedHashMap<>();
        verdict.put("field", signature.getFirstFieldName());
        verdict.put("indication", simple.getIndication(id).name());
        verdict.put("sub_indication", reason == null ? "" : reason.name());
        verdict.put("level", String.valueOf(simple.getSignatureFormat(id)));
        verdict.put("errors", simple.getAdESValidationErrors(id).stream()
                .map(message -> message.getValue()).collect(Collectors.joining("; ")));
        return verdict.entrySet().stream()
                .map(entry -> quoted(entry.getKey()) + ": " + quoted(entry.getValue()))
                .collect(Collectors.joining(", ", "{", "}"));
    }

    private static String quoted(String text) {
        StringBuilder json = new StringBuilder("\"");
        for (char letter : text.toCharArray()) {
            if (letter == '"' || letter == '\\') {
                json.append('\\').append(letter);
            } else if (letter < ' ') {
                json.append(String.format("\\u%04x", (int) letter));
            } else {
                json.append(letter);
            }
        }
        return json.append('"').toString();
    }
}
