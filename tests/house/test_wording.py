"""What may be written where: no address in what installs, no path of one machine, law as data alone."""

import ast
import io
import re
import tokenize
from pathlib import Path

import pytest

INSTALLERS = ("requirements", "deploy", "judges", "pyproject.toml", "motcua", ".ci")
ADDRESS = re.compile(r"https?://[^\s\"'<>)]+")
NAMESPACE = re.compile(r"""(?:xmlns(?::\w+)?|xsi:schemaLocation)\s*=\s*"[^"]*\"""")
ROOT = Path(__file__).resolve().parent.parent.parent
DECREE = re.compile(
    r"""\b(?:NĐ|TT|QĐ|CV|NQ|Nghị\ định|Thông\ tư|Luật|Quyết\ định|Nghị\ quyết)\s+(?:số\s+)?\d+(?:/20\d\d)?\b
    | (?<![\d/.])\d{1,4}/(?:VBHN|NĐ-CP|TT-[A-Z]|20[12]\d/(?:NĐ-CP|TT-[A-Z]|QH\d|QĐ-TTg|NQ-))
    | (?<![\d/.])(?:23/2015|226/2016|02/2019|01/2020|30/2020|45/2020|20/2023|01/2023|13/2023|33/2024|68/2024
        |137/2024|05/2025|06/2025|07/2025|23/2025|91/2025|113/2025|118/2025|280/2025|356/2025|367/2025
        |224/2026|309/2026|310/2026|331/2026)(?![\d/])""",
    re.VERBOSE,
)
LAW_LIVES_IN = ("office", "law", "rulebook")
CODE = {".py", ".html", ".js", ".css", ".toml", ".j2", ".txt"}


def test_nothing_that_installs_names_an_address(house):
    found = [
        f"{path}: {address}"
        for path, text in house.texts
        if set(path.parts) & set(INSTALLERS)
        for address in ADDRESS.findall(NAMESPACE.sub("", text))
    ]
    assert found == []


def test_no_file_names_where_this_checkout_or_this_home_lies(house):
    places = [str(place) for place in (ROOT, ROOT.parent, Path.home()) if len(place.parts) > 2]
    assert not [f"{path}: {place}" for path, text in house.texts for place in places if place in text]


def docstring_lines(tree):
    """The lines of the file that docstrings take."""
    lines = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                lines.update(range(first.lineno, (first.end_lineno or first.lineno) + 1))
    return lines


def words_of_law_in(source):
    documented = docstring_lines(ast.parse(source))
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    spoken = [token for token in tokens if token.start[0] not in documented]
    return [f"{token.start[0]}: {found[0]}" for token in spoken if (found := DECREE.search(token.string))]


@pytest.mark.parametrize(
    "source",
    [
        'WORDING = "theo NĐ 23/2015"',
        "x = 1  # 45/2020 Art. 10",
        'y = f"Nghị định số {1} 30/2020"',
        'z = "5/VBHN"',
    ],
)
def test_the_rule_sees_a_decree_number_in_code(source):
    assert words_of_law_in(source)


@pytest.mark.parametrize(
    "source",
    ['"""NĐ 23/2015 Art. 20."""', 'day = "05/01/2020"', 'book = "01/2026-SCT/BS"', 'n = "15/QĐ-UBND"'],
)
def test_the_rule_lets_docstrings_dates_and_paper_numbers_be(source):
    assert not words_of_law_in(source)


def test_decree_numbers_stand_in_the_rulebook_and_in_docstrings_only(house):
    spoken = [f"{module.path}:{said}" for module in house.modules for said in words_of_law_in(module.text)]
    others = [
        f"{path}: {found[0]}"
        for path, text in house.texts
        if path.suffix in CODE - {".py"} and path.parts[0] in {module.room for module in house.modules}
        if path.parts[:3] != LAW_LIVES_IN and (found := DECREE.search(text))
    ]
    assert not spoken + others
