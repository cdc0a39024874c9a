"""Which algorithms still count (SOG-IS Agreed Cryptographic Mechanisms 1.3, ETSI TS 119 312).

An allow-list: what nobody named is undecided, never good. It is asked for signatures, for every certificate
on the way to a root, and for time-stamps with what they stamp.
"""

from datetime import datetime

from asn1crypto import algos, keys
from pyhanko.sign.validation.utils import CMSAlgorithmUsagePolicy
from pyhanko_certvalidator.policy_decl import AlgorithmUsageConstraint

DIGESTS = frozenset({"sha256", "sha384", "sha512", "sha3_256", "sha3_384", "sha3_512"})
EDWARDS_DIGESTS = frozenset({"sha512", "shake256", "shake256_len"})  # what EdDSA brings along, RFC 8419
CURVES = frozenset(
    {
        *("secp256r1", "secp384r1", "secp521r1"),
        *("brainpoolp256r1", "brainpoolp384r1", "brainpoolp512r1"),
    }
)
RSA_BITS = 2048
PSS_SALT = 16  # bytes; a salt below 128 bits does not make two signatures differ
_RSA = frozenset({"rsassa_pkcs1v15", "rsassa_pss"})
_EDWARDS = frozenset({"ed25519", "ed448"})


class AgreedAlgorithms(CMSAlgorithmUsagePolicy):
    """Digests, key sizes, curves and paddings that count; at any time, because none has an end date yet."""

    def digest_algorithm_allowed(
        self, algo: algos.DigestAlgorithm, moment: datetime | None
    ) -> AlgorithmUsageConstraint:
        """Whether a digest counts."""
        del moment
        name = str(algo["algorithm"].native)
        return _constraint(None if is_agreed_digest(name) else f"digest {name}")

    def signature_algorithm_allowed(
        self,
        algo: algos.SignedDigestAlgorithm,
        moment: datetime | None,
        public_key: keys.PublicKeyInfo | None,
    ) -> AlgorithmUsageConstraint:
        """Whether a signature by this key, made in this way, counts."""
        del moment
        return _constraint(_weakness(algo, public_key))


def is_agreed_digest(name: str) -> bool:
    """Whether what is hashed in this way is told apart for good."""
    return name in DIGESTS or name in EDWARDS_DIGESTS


def _constraint(weakness: str | None) -> AlgorithmUsageConstraint:
    return AlgorithmUsageConstraint(allowed=weakness is None, failure_reason=weakness)


def _weakness(algo: algos.SignedDigestAlgorithm, key: keys.PublicKeyInfo | None) -> str | None:
    named = str(algo["algorithm"].native)
    if named in _EDWARDS:
        return None
    try:
        kind, digest = algo.signature_algo, algo.hash_algo
    except ValueError:  # the digest stands elsewhere, and is judged there
        kind, digest = ("rsassa_pkcs1v15" if named == "rsassa_pkcs1v15" else named), None
    if digest is not None and digest not in DIGESTS:
        return f"digest {digest}"
    if kind in _RSA:
        return _weak_rsa(algo, key)
    if kind == "ecdsa":
        return _weak_curve(key)
    return f"signature algorithm {kind}"


def _weak_rsa(algo: algos.SignedDigestAlgorithm, key: keys.PublicKeyInfo | None) -> str | None:
    if key is not None and key.bit_size < RSA_BITS:
        return f"RSA key of {key.bit_size} bits"
    if algo["algorithm"].native != "rsassa_pss":
        return None
    parameters = algo["parameters"]
    mask = parameters["mask_gen_algorithm"]["parameters"]["algorithm"].native
    if parameters["hash_algorithm"]["algorithm"].native not in DIGESTS or mask not in DIGESTS:
        return "PSS with a weak digest"
    salt = int(parameters["salt_length"].native)
    return f"PSS with a salt of {salt} bytes" if salt < PSS_SALT else None


def _weak_curve(key: keys.PublicKeyInfo | None) -> str | None:
    if key is None:
        return None
    form, name = key.curve
    return None if form == "named" and name in CURVES else f"curve {name if form == 'named' else form}"
