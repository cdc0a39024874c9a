"""What the lines say: pieces of a corpus of Vietnamese office texts, and numbers, dates, codes and names.

A corpus is a folder of UTF-8 `.txt` files, one paragraph a line; nothing of it is kept in the repository.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from unicodedata import normalize

import numpy as np

from digitize.reader.alphabet import can_write
from digitize.training.dice import happens, number, one_out_of
from vietnamese.letters import ACCENTED_LETTERS, fold, nfc, with_real_d

HELD_BACK_EVERY = 15  # of the documents one is never trained on
LEAST_LETTERS = 0.6  # share of letters in a piece of prose
LONGEST = 96  # characters of a line of small print
# Shares of pieces, any words, any marks, names, figures, foreign words, stamps of signing, office shorthand.
KINDS = (0.32, 0.07, 0.25, 0.06, 0.14, 0.07, 0.05, 0.04)
CAPITALS, TITLES = 0.25, 0.04  # shares of lines set in capitals, with each word's first letter a capital
BRACKETED, _BRACKETS = 0.08, ("({})", "({});", "({}", "{})", "“{}”", "“{}", "- {};")  # share of lines
PARTLY_CAPITALS = 0.05  # share of lines whose end is set in capitals
MARKED_CAPITALS = 0.3  # share of lines of any marks set in capitals besides: Ẩ Ẳ Ẵ Ễ hardly come otherwise
_LETTERS = sorted({*ACCENTED_LETTERS, *"aeiouydAEIOUYD"})
_WEIGHED = [letter for letter in _LETTERS for _ in range(max(1, 2 * len(normalize("NFD", letter)) - 3))]
VARIANTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {letter: tuple(other for other in _WEIGHED if fold(other) == fold(letter)) for letter in _LETTERS}
)  # letters with two marks three times: they are the ones taken for each other
_PLAINER = str.maketrans({"\u2011": "-", "\u2212": "-", "\u00ad": "", "\u00a0": " ", "\u200b": "", "º": "°"})
_SIGNS = "QĐ NĐ-CP TT CV BC TB KH TTr NQ CT HD BB GM UBND HĐND BTP BNV BTC TTg VPCP SNV STP"
_SHORTHAND = (
    "V/v KT. TL. TM. TUQ. Q. TP. Tp. P. H. TX. TT. UBND HĐND BTT ĐBQH VPCP PCN. CN. ĐT. đ/c Đ/c v.v. STT Tr.đ"
)
ROMAN, ADDRESSES = 0.3, 0.1  # shares of foreign words
_ROMAN: tuple[str, ...] = (
    "I",
    "II",
    "III",
    "IV",
    "V",
    "VI",
    "VII",
    "VIII",
    "IX",
    "X",
    "XI",
    "XII",
    "XIII",
    "XIV",
    "XV",
    "XX",
    "XXI",
)
_CONSONANTS: tuple[str, ...] = (
    *"bcdfghjklmnpqrstvwxz",
    "sh",
    "ll",
    "st",
    "w",
    "f",
    "ff",
    "z",
    "j",
    "fl",
    "ck",
    "gl",
    "wn",
)
_VOWELS: tuple[str, ...] = (*"aeiouy", "ee", "oo", "ai", "ie", "ou")
_SURNAMES = (
    "Nguyễn Trần Lê Phạm Hoàng Huỳnh Phan Vũ Võ Đặng Bùi Đỗ Hồ Ngô Dương Lý Đào Đoàn Trịnh Đinh Lâm Mai Tô "
    "Tạ Châu Quách Cao Hà Thái Tăng Lương Kiều Mạc Nghiêm Viên Ưng Ông Ứng Ấu Ếch Ổn Ngụy Thạch Triệu Từ"
)


@dataclass(frozen=True)
class Corpus:
    """Paragraphs as they are printed, and every syllable as often as it stands there."""

    paragraphs: tuple[str, ...]
    syllables: tuple[str, ...]


def read_corpus(folder: Path, *, held_back: bool) -> Corpus:
    """The paragraphs of the documents trained on, or of those held back.

    Raises: ValueError when the folder holds no text.
    """
    files = sorted(folder.rglob("*.txt"))
    chosen = [path for place, path in enumerate(files) if (place % HELD_BACK_EVERY == 0) == held_back]
    paragraphs = tuple(line for path in chosen for line in _lines(path))
    if not paragraphs:
        raise ValueError(f"{folder}: no text")
    syllables = tuple(
        word for line in paragraphs[:: max(1, len(paragraphs) // 20_000)] for word in line.split()
    )
    return Corpus(paragraphs, syllables)


def a_text(corpus: Corpus, chance: np.random.Generator) -> str:
    """What one line says."""
    kind = chance.choice(len(KINDS), p=KINDS)
    said = (_piece, _words, _marks, _name, _figures, _foreign, _stamp, _shorthand)[kind](corpus, chance)
    said = _cased(said, chance)[:LONGEST].strip() or _figures(corpus, chance)
    return one_out_of(_BRACKETS, chance).format(said) if happens(chance, BRACKETED) else said


def _lines(path: Path) -> Iterator[str]:
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        plain = " ".join(with_real_d(nfc(line.translate(_PLAINER))).split())
        letters = sum(letter.isalpha() or letter == " " for letter in plain)
        if plain and can_write(plain) and letters >= LEAST_LETTERS * len(plain):
            yield plain


def _piece(corpus: Corpus, chance: np.random.Generator) -> str:
    """Part of a paragraph, cut between words: often as long as a line of a page."""
    paragraph = one_out_of(corpus.paragraphs, chance)
    length = number(chance, 50, LONGEST) if happens(chance, 0.5) else number(chance, 3, 60)
    if len(paragraph) <= length:
        return paragraph
    start = int(chance.integers(0, len(paragraph) - length))
    start = paragraph.rfind(" ", 0, start + 1) + 1
    end = paragraph.rfind(" ", start, start + length + 1)
    return paragraph[start : end if end > start else start + length]


def _words(corpus: Corpus, chance: np.random.Generator) -> str:
    """Syllables in an order that tells nothing: each must be read by its looks."""
    return " ".join(one_out_of(corpus.syllables, chance) for _ in range(number(chance, 1, 14)))


def _marks(corpus: Corpus, chance: np.random.Generator) -> str:
    """Words in which one letter in three has marks that nobody expects, so that rare ones come too."""
    words = _words(corpus, chance)
    said = words.upper() if happens(chance, MARKED_CAPITALS) else words
    return "".join(
        one_out_of(VARIANTS[letter], chance) if letter in VARIANTS and happens(chance, 0.35) else letter
        for letter in said
    )


def _name(corpus: Corpus, chance: np.random.Generator) -> str:
    given = [one_out_of(corpus.syllables, chance).strip('.,;:()"“”').capitalize() for _ in range(2)]
    said = " ".join((one_out_of(_SURNAMES.split(), chance), *given))
    return said.upper() if happens(chance, 0.3) else said


def _foreign(corpus: Corpus, chance: np.random.Generator) -> str:
    """Words of other languages, addresses of the net and Roman numbers among Vietnamese ones."""
    words = [one_out_of(corpus.syllables, chance) for _ in range(number(chance, 0, 7))]
    for _ in range(number(chance, 1, 4)):
        words.insert(number(chance, 0, len(words) + 1), _foreign_word(chance))
    return " ".join(words)


def _foreign_word(chance: np.random.Generator) -> str:
    kind = chance.random()
    if kind < ROMAN:
        return one_out_of(_ROMAN, chance) + one_out_of(("", ".", ",", "/2026", ")", "-"), chance)
    word = "".join(
        one_out_of(_CONSONANTS, chance) + one_out_of(_VOWELS, chance) for _ in range(number(chance, 1, 5))
    ) + one_out_of(_CONSONANTS, chance)
    if kind < ROMAN + ADDRESSES:
        return f"{word}{one_out_of('@._-', chance)}{one_out_of(_VOWELS, chance)}{word[:2]}.gov.vn"
    return one_out_of(
        (word, word.capitalize(), word.capitalize(), f"“{word.capitalize()}”", f"({word})"), chance
    )


def _stamp(corpus: Corpus, chance: np.random.Generator) -> str:
    """A line of what signing programs print beside a seal: who, from which office, where to write, when."""
    words = [one_out_of(corpus.syllables, chance) for _ in range(number(chance, 2, 8))]
    plain = [fold(word).lower() for word in words]
    bare = ["".join(filter(str.isalnum, word)) for word in plain]
    address = "".join(bare[:-1]) + "@" + bare[-1] + one_out_of((".gov.vn", ".vn", ".com.vn"), chance)
    day, month, year = (number(chance, *span) for span in ((1, 32), (1, 13), (2015, 2031)))
    hour, minute, second = (number(chance, 0, 24), *chance.integers(0, 60, 2))
    said = f"{hour:02d}:{minute:02d}:{second:02d} +07:00"
    office = " ".join(words).upper()
    forms = (
        f"{one_out_of(('Người ký', 'Ký bởi', 'Được ký bởi', 'Cơ quan'), chance)}: {office}",
        f"{one_out_of(('Người ký', 'Ký bởi', 'Cơ quan', 'Đơn vị'), chance)}: {' '.join(words).title()}",
        f"{one_out_of(('Email: ', 'Thư điện tử: ', ''), chance)}{address}",
        f"{one_out_of(('Thời gian ký: ', 'Ngày ký: ', ''), chance)}{day:02d}.{month:02d}.{year} {said}",
        f"Ngày ký: {day:02d}-{month:02d}-{year} {said}",
    )
    return one_out_of(forms, chance)


def _shorthand(corpus: Corpus, chance: np.random.Generator) -> str:
    """Words after an office's abbreviations: V/v, KT., TP."""
    words = [one_out_of(corpus.syllables, chance) for _ in range(number(chance, 1, 9))]
    for place in {0, *chance.integers(0, len(words), number(chance, 0, 3)).tolist()}:
        words[place] = f"{one_out_of(_SHORTHAND.split(), chance)} {words[place].capitalize()}"
    return one_out_of(("", "", "- "), chance) + " ".join(words)


def _cased(said: str, chance: np.random.Generator) -> str:
    kind = chance.random()
    if kind < CAPITALS:
        return said.upper()
    if kind < CAPITALS + PARTLY_CAPITALS:
        start = said.find(" ", number(chance, 0, len(said) + 1)) + 1
        return said[:start] + said[start:].upper()
    return said.title() if kind < CAPITALS + PARTLY_CAPITALS + TITLES else said


def _figures(_: Corpus, chance: np.random.Generator) -> str:
    """A number, a date, a code, an amount, a telephone number, a 12-digit id."""
    day, month, year = (number(chance, *span) for span in ((1, 32), (1, 13), (1945, 2031)))
    count, signs = int(10 ** chance.uniform(0, 5)), _SIGNS.split()
    sign, office = one_out_of(signs, chance), one_out_of(signs, chance)
    digits = "".join(str(digit) for digit in chance.integers(0, 10, 16))
    forms = (
        f"ngày {day:02d} tháng {month} năm {year}",
        f"{day:02d}/{month:02d}/{year}",
        f"Số: {count}/{sign}-{office}",
        f"số {count}/{year}/{sign}",
        f"{count * 137:,}".replace(",", ".") + " đồng",
        f"0{digits[:3]}.{digits[3:6]}.{digits[6:9]}",
        f"ĐT: 0{digits[:9]}",
        digits[:12],
        f"{digits[:3]}.{digits[3:5]}.{digits[5:7]}.H{digits[7:9]}-{digits[9:13]}-{digits[12:]}",
        f"{count} m²; tỷ lệ {digits[:2]},{digits[2]}%",
        f"{day}. Điều {count % 200}, khoản {month}, điểm {chr(97 + month)}",
        f"- Lưu: VT, {sign}.{digits[:2]}",
        f"({month}) {digits[:4]} – {digits[4:8]}; {day}h{month * 4:02d}'",
        f"{count:,}",
        f"– Lưu lượng {count} m³/s; từ +{month},{digits[0]}m đến ≤ {day},{digits[1:3]} ± 0,{digits[0]}m",
        f"– Khóa {_ROMAN[day % len(_ROMAN)]}, quý {_ROMAN[month % 4]}/{year} ({_ROMAN[month]});",
        f"§{day}: {digits[:2]} × {digits[2:4]} = {count} m²… từ {day}°C • {month}½",
        str(day),
    )
    return one_out_of(forms, chance)
