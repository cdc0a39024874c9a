"""Letters that stand in the number and sign of office documents: 12/QĐ-UBND, 02-NQ/TW.

Kinds of documents by the list of abbreviations in Nghị định 30/2020/NĐ-CP, Phụ lục III; offices that issue
them by their own usage. What is not here is no error: each office makes its own.
"""

import re

_KINDS = (
    "NQ QĐ CT QC QyĐ TC TB HD CTr KH PA ĐA DA BC BB TTr HĐ CĐ BGN BTT GUQ GM GGT GNP PG PC PB NĐ TT TTLT KL "
    "VBHN L PL CV GCN GP GB"
)
_OFFICES = (
    "TW CP TTg UBND HĐND VPCP VPQH QH UBTVQH CTN TTCP NHNN TANDTC VKSNDTC KTNN BTC BCT BXD BYT BNV BTP BCA "
    "BQP BNG BGDĐT BKHCN BNNMT BVHTTDL BDTTG STC SNV STP SYT SXD SCT SKHCN SNNMT SGDĐT SVHTTDL STNMT CAT CAP"
)
DOCUMENT_SIGNS = frozenset((*_KINDS.split(), *_OFFICES.split()))

_PARTS = re.compile(r"[/-]")


def is_known_sign(text: str) -> bool:
    """Does a number stand before letters that all are known?"""
    parts = map(str.strip, _PARTS.split(text.rstrip(".,;:)")))
    letters = [part for part in parts if part and not part.isdigit()]
    return text[:1].isdigit() and bool(letters) and all(part in DOCUMENT_SIGNS for part in letters)
