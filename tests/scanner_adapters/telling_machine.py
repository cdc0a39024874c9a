"""A machine of our own that tells about itself over LEDM, WSD and IPP, and how it tells it."""

import struct
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

LEDM_SCAN = "http://www.hp.com/schemas/imaging/con/cnx/scan/2008/08/19"
COLORS = "".join(f"<ColorType>{color}</ColorType>" for color in ("K1", "Gray8", "Color8", "Color16"))


def ledm_resolutions(*pairs: tuple[int, int]) -> str:
    return "".join(
        f"<Resolution><XResolution>{across}</XResolution><YResolution>{down}</YResolution>"
        f"<ColorTypes>{COLORS}</ColorTypes></Resolution>"
        for across, down in pairs
    )


def ledm_caps(feeder: str = "") -> bytes:
    glass = f"<MaxWidth>2550</MaxWidth><MaxHeight>3300</MaxHeight>{ledm_resolutions((300, 300), (600, 300))}"
    return (
        f'<ScanCaps xmlns="{LEDM_SCAN}"><DeviceCaps><ModelName>Ward 100</ModelName></DeviceCaps>'
        "<ColorEntries><ColorEntry><Formats><Format>Raw</Format><Format>Jpeg</Format><Format>Odd</Format>"
        "</Formats></ColorEntry></ColorEntries>"
        f"<Platen><InputSourceCaps>{glass}</InputSourceCaps></Platen>{feeder}</ScanCaps>"
    ).encode()


def ledm_feeder(inside: str) -> str:
    caps = f"<MaxWidth>2550</MaxWidth><MaxHeight>4200</MaxHeight>{ledm_resolutions((200, 200))}"
    return f"<Adf><InputSourceCaps>{caps}</InputSourceCaps>{inside}</Adf>"


LEDM_TREE = b"""<l:DiscoveryTree xmlns:l="l" xmlns:dd="dd"><dd:Version/>
<l:SupportedTree><dd:ResourceURI>/DevMgmt/A.xml</dd:ResourceURI><dd:ResourceType>ledm:hpLedmA</dd:ResourceType></l:SupportedTree>
<l:SupportedIfc><l:ManifestURI>/Scan/Manifest.xml</l:ManifestURI>
<dd:ResourceType>ledm:hpLedmScanJobManifest</dd:ResourceType></l:SupportedIfc></l:DiscoveryTree>"""
LEDM_MANIFEST = b"""<m:Manifest xmlns:m="m" xmlns:p="p" xmlns:dd="dd" xmlns:s="s"><m:InterfaceNamespaces>
<m:InterfaceNamespace> urn:scan </m:InterfaceNamespace></m:InterfaceNamespaces><p:ResourceMap>
<p:ResourceLink><dd:ResourceURI>/Scan</dd:ResourceURI></p:ResourceLink>
<p:ResourceNode><p:ResourceLink><dd:ResourceURI>/Caps</dd:ResourceURI></p:ResourceLink>
<p:ResourceType><s:Type>ScanCaps</s:Type></p:ResourceType>
<p:Methods><p:Method><p:Verb>Get</p:Verb></p:Method></p:Methods></p:ResourceNode>
<p:ResourceNode><p:ResourceLink><dd:ResourceURI>/Jobs</dd:ResourceURI></p:ResourceLink>
<p:ResourceMap><p:ResourceNode><p:ResourceLink><dd:ResourceURI>/{id}</dd:ResourceURI></p:ResourceLink>
</p:ResourceNode></p:ResourceMap></p:ResourceNode></p:ResourceMap></m:Manifest>"""


def wsd_part(name: str, begin: str, widths: str, heights: str, size: tuple[int, int]) -> str:
    told = "".join(
        f"<{axis}s>{''.join(f'<{axis}>{dpi}</{axis}>' for dpi in listed.split())}</{axis}s>"
        for axis, listed in (("Width", widths), ("Height", heights))
    )
    return (
        f"<{name}><{begin}OpticalResolution><Width>600</Width></{begin}OpticalResolution>"
        f"<{begin}Resolutions>{told}</{begin}Resolutions><{begin}Color><ColorEntry>RGB24</ColorEntry>"
        f"<ColorEntry>RGB48</ColorEntry></{begin}Color><{begin}MaximumSize><Width>{size[0]}</Width>"
        f"<Height>{size[1]}</Height></{begin}MaximumSize></{name}>"
    )


WSD_ELEMENTS = (
    '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body><Response>'
    "<ScannerDescription><ScannerName>Ward 200</ScannerName></ScannerDescription><ScannerConfiguration>"
    "<DeviceSettings><FormatsSupported><FormatValue>jfif</FormatValue><FormatValue>tiff-single-g4</FormatValue>"
    "<FormatValue>strange</FormatValue></FormatsSupported></DeviceSettings>"
    + wsd_part("Platen", "Platen", "200 300 x", "100 300", (8500, 11700))
    + f"<ADF>{wsd_part('ADFFront', 'ADF', '200', '200', (8500, 14000))}</ADF>"
    + "</ScannerConfiguration></Response></s:Body></s:Envelope>"
).encode()


def ipp_attribute(tag: int, name: str, value: bytes) -> bytes:
    words = (name.encode(), value)
    return bytes([tag]) + b"".join(struct.pack(">H", len(word)) + word for word in words)


def ipp_collection(name: str, members: bytes) -> bytes:
    return ipp_attribute(0x34, name, b"") + members + ipp_attribute(0x37, "", b"")


def ipp_member(name: str, tag: int, value: bytes) -> bytes:
    return ipp_attribute(0x4A, "", name.encode()) + ipp_attribute(tag, "", value)


def ipp_answer(*attributes: bytes, status: int = 0, version: int = 2) -> bytes:
    charset = ipp_attribute(0x47, "attributes-charset", b"utf-8")
    head = struct.pack(">BBHI", version, 0, status, 1)
    return head + b"\x01" + charset + b"\x04" + b"".join(attributes) + b"\x03"


IPP_PRINTER = (
    ipp_attribute(0x41, "printer-make-and-model", b"300 MFP"),
    ipp_attribute(0x41, "printer-device-id", b"MDL:300;MFG:Ward;"),
    ipp_attribute(0x45, "printer-uuid", b"urn:uuid:ABCDEF00-0000-4000-8000-000000000001"),
    ipp_attribute(0x35, "printer-location", b"\x00\x02vi\x00\x06T\xe1\xba\xa7ng"),
    ipp_attribute(0x44, "sides-supported", b"one-sided"),
    ipp_attribute(0x44, "", b"two-sided-long-edge"),
    ipp_attribute(0x32, "printer-resolution-supported", struct.pack(">iib", 600, 300, 3)),
    ipp_attribute(0x32, "", struct.pack(">iib", 236, 236, 4)),  # dots per centimetre
    ipp_attribute(0x33, "copies-supported", struct.pack(">ii", 1, 99)),
    ipp_attribute(0x22, "color-supported", b"\x01"),
    ipp_attribute(0x13, "printer-geo-location", b""),
    ipp_collection(
        "media-size-supported",
        ipp_member("x-dimension", 0x21, struct.pack(">i", 21000))
        + ipp_member("y-dimension", 0x21, struct.pack(">i", 29700)),
    ),
    ipp_collection("", ipp_member("x-dimension", 0x33, struct.pack(">ii", 1, 2))),
)


@contextmanager
def telling(answers: Mapping[tuple[str, str], bytes]) -> Iterator[str]:
    """Serve these bodies, by method and path, on a port of loopback; the value is HOST:PORT."""

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            body = answers.get((self.command, self.path))
            self.send_response(404 if body is None else 200)
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        do_GET = do_POST = _answer  # noqa: N815 the names http.server calls

        def log_message(self, *_told: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
