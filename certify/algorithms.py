"""Which algorithms count, and until when: the dated list of `algorithms.toml`, for signing and judging.

An allow-list: what nobody named is undecided, never good. It is asked for signatures, for every certificate
on the way to a root, and for time-stamps with what they stamp. What ended counts for what is proved to have
been there before.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import cache
from pathlib import Path
from typing import Any

from asn1crypto import algos, keys
from pyhanko.sign.validation.utils import CMSAlgorithmUsagePolicy
from pyhanko_certvalidator.policy_decl import AlgorithmUsageConstraint

LIST = Path(__file__).with_suffix(".toml")
PSS_SALT = 16  # bytes; a salt below 128 bits does not make two signatures differ
EDWARDS = "edwards"
_RSA = frozenset({"rsassa_pkcs1v15", "rsassa_pss"})


@dataclass(frozen=True)
class Agreed:
    """What counts, each until the first day on which it no longer does (None: no end is set).

    `companions` are digests that come with one kind of signature alone. `rsa` are least bits.
    """

    digests: Mapping[str, date | None]
    companions: Mapping[str, date | None]
    curves: Mapping[str, date | None]
    edwards: Mapping[str, date | None]
    rsa: Mapping[int, date | None]

    def rsa_end(self, bits: int) -> tuple[bool, date | None]:
        """Whether keys of so many bits count, and until when: the latest of the entries they reach."""
        ends = [end for least, end in self.rsa.items() if bits >= least]
        return bool(ends), None if None in ends else max(filter(None, ends), default=None)


@dataclass(frozen=True)
class Judged:
    """What an algorithm is worth: a reason why it never counts, or until when it does."""

    never: str | None = None
    until: date | None = None

    @property
    def constraint_end(self) -> datetime | None:
        """The end as an instant."""
        return None if self.until is None else datetime.combine(self.until, time(), UTC)


class AgreedAlgorithms(CMSAlgorithmUsagePolicy):
    """Digests, key sizes, curves and paddings that count, each until its end."""

    def __init__(self, agreed: Agreed | None = None) -> None:
        self._agreed = agreed or load_agreed()

    def digest_algorithm_allowed(
        self, algo: algos.DigestAlgorithm, moment: datetime | None
    ) -> AlgorithmUsageConstraint:
        """Whether a digest counts at `moment`."""
        return _constraint(_digest(self._agreed, str(algo["algorithm"].native)), moment)

    def signature_algorithm_allowed(
        self,
        algo: algos.SignedDigestAlgorithm,
        moment: datetime | None,
        public_key: keys.PublicKeyInfo | None,
    ) -> AlgorithmUsageConstraint:
        """Whether a signature by this key, made in this way, counts at `moment`."""
        return _constraint(_worst(_parts(self._agreed, algo, public_key)), moment)


def is_agreed_digest(name: str, moment: datetime) -> bool:
    """Whether what is hashed in this way counts at `moment`."""
    return bool(_constraint(_digest(load_agreed(), name), moment).allowed)


@cache
def load_agreed(path: Path = LIST) -> Agreed:
    """The list in a file. Raises: OSError, tomllib.TOMLDecodeError, KeyError for a broken one."""
    told = tomllib.loads(path.read_text(encoding="utf-8"))
    plain = [entry for entry in told["digests"] if "only_with" not in entry]
    beside = [entry for entry in told["digests"] if entry.get("only_with") == EDWARDS]
    return Agreed(
        digests=_dated(plain),
        companions=_dated(beside),
        curves=_dated(told["curves"]),
        edwards=_dated(told["edwards"]),
        rsa={entry["least_bits"]: entry.get("until") for entry in told["rsa"]},
    )


def _dated(entries: Iterable[Mapping[str, Any]]) -> dict[str, date | None]:
    return {name: entry.get("until") for entry in entries for name in entry["names"]}


def _constraint(judged: Judged, moment: datetime | None) -> AlgorithmUsageConstraint:
    end = judged.constraint_end
    is_over = end is not None and moment is not None and moment >= end
    reason = judged.never or (f"not agreed since {judged.until}" if is_over else None)
    return AlgorithmUsageConstraint(allowed=reason is None, not_allowed_after=end, failure_reason=reason)


def _digest(agreed: Agreed, name: str) -> Judged:
    known = {**agreed.digests, **agreed.companions}
    return Judged(until=known[name]) if name in known else Judged(f"digest {name}")


def _worst(parts: Iterable[Judged]) -> Judged:
    judged = tuple(parts)
    never = next((one.never for one in judged if one.never), None)
    return Judged(never, min((one.until for one in judged if one.until), default=None))


def _parts(
    agreed: Agreed, algo: algos.SignedDigestAlgorithm, key: keys.PublicKeyInfo | None
) -> Iterable[Judged]:
    """The digest, the key and the padding, each for itself."""
    named = str(algo["algorithm"].native)
    if named in agreed.edwards:
        yield Judged(until=agreed.edwards[named])
        return
    try:
        kind, digest = algo.signature_algo, algo.hash_algo
    except ValueError:
        kind, digest = _named_together(agreed, named)
    if digest is not None:
        yield Judged(until=agreed.digests[digest]) if digest in agreed.digests else Judged(f"digest {digest}")
    if kind in _RSA:
        yield from _rsa_parts(agreed, algo, key)
    elif kind == "ecdsa":
        yield _curve(agreed, key)
    else:
        yield Judged(f"signature algorithm {kind}")


def _named_together(agreed: Agreed, named: str) -> tuple[str, str | None]:
    """Key and digest of a name that asn1crypto does not take apart: `sha3_256_ecdsa`.

    Where no digest is named it stands elsewhere in the signature, and is judged there.
    """
    digest, _, kind = named.rpartition("_")
    if digest not in agreed.digests:
        return named, None
    return ("rsassa_pkcs1v15" if kind == "rsa" else kind), digest


def _rsa_parts(
    agreed: Agreed, algo: algos.SignedDigestAlgorithm, key: keys.PublicKeyInfo | None
) -> Iterable[Judged]:
    if key is not None:
        counts, until = agreed.rsa_end(key.bit_size)
        yield Judged(None if counts else f"RSA key of {key.bit_size} bits", until)
    if algo["algorithm"].native != "rsassa_pss":
        return
    parameters = algo["parameters"]
    mask = parameters["mask_gen_algorithm"]["parameters"]["algorithm"].native
    for digest in (parameters["hash_algorithm"]["algorithm"].native, mask):
        known = digest in agreed.digests
        yield Judged(until=agreed.digests[digest]) if known else Judged("PSS with a weak digest")
    salt = int(parameters["salt_length"].native)
    if salt < PSS_SALT:
        yield Judged(f"PSS with a salt of {salt} bytes")


def _curve(agreed: Agreed, key: keys.PublicKeyInfo | None) -> Judged:
    if key is None:
        return Judged()
    form, name = key.curve
    if form == "named" and name in agreed.curves:
        return Judged(until=agreed.curves[name])
    return Judged(f"curve {name if form == 'named' else form}")
