"""The tables of words: both languages whole, every row used, every word that is asked for there."""

import ast
import inspect
import re
import string
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

import pytest
from jinja2 import Environment, nodes

from certify.verdict import Indication
from digitize import fields
from digitize.model import Verdict
from office.plausible import Doubt
from office.procedure import PROCEDURES, CopyState, FileRole, PaperState, Role, Turn
from office.web import words
from office.web.rendering import THEMES
from office.web.screens.paper.final_acts import FINAL_ACTS
from office.web.screens.paper.rescan_form import PLACES, WISHES
from office.web.screens.worklist.view import VIEWS
from office.web.words import BrokenTable, all_rows, words_in
from tests.office.browsing import MARKED

WEB = words.HERE
TEMPLATES = sorted(WEB.rglob("*.html"))
MODULES = sorted(WEB.rglob("*.py"))
SCRIPTS = sorted((WEB / "static").glob("*.js"))
OFFICE = WEB.parent
WORDED = re.compile(r'(?:worded\(|does: |, )"((?:\w+\.)*script\.[\w.]+)"(?:, \{ ([^}]*) \})?')
STEPS = [step for steps in PROCEDURES.values() for step in steps]
FIELDS = {
    *("number_symbol", "issued_on", "place", "issuer", "document_type", "subject"),
    *("signer_title", "signer"),
}
SAME_IN_BOTH = {"paper.at_field"}
ONLY_TOLD_BY_THE_LEDGER = {
    "files_checked",  # events beside those of the steps
    *("dossier_opened", "paper_expected", "page_put_back", "pages_moved", "signed_document_kept"),
    *("review_came_late", "work_tried_again", "file_handed_out", "signed_file_returned"),
}
GROUPS = {  # tables of which pages say the row that a value names
    "theme": set(THEMES),
    "state": set(PaperState) | set(CopyState),
    "turn": set(Turn) - {Turn.MACHINE},
    "role": set(Role),
    "next_step": {step.act for step in STEPS if step.by is not Turn.MACHINE and not step.aside},
    "machine_step": {step.act for step in STEPS if step.by is Turn.MACHINE and not step.aside},
    "file_role": set(FileRole),
    "channel": {"counter", "post", "email", "one-stop"},
    "format": {"instant", "minute", "day", "decimal_mark", "thousands_mark", "money"},
    "failure": {"404", "405", "expired", "foreign", "broken", "defect", "too_large"},
    "intake.arrived_by": {"folder", "upload", "machine"},
    "worklist.view": {view.name or "all" for view in VIEWS},
    "check.light.content_is": set(Indication),
    "paper.corner": {str(place) for place in range(1, PLACES + 1)},
    "paper.doubt": set(Doubt),
    "paper.event": {step.event for step in STEPS} | ONLY_TOLD_BY_THE_LEDGER,
    "paper.field": FIELDS,
    "paper.final": {f"{act}.{part}" for act in FINAL_ACTS for part in ("title", "follows", "button")},
    "paper.step": set(PaperState) - {PaperState.EXPECTED},
    "paper.unsaved": {"original_pages", "reason", "clause", "channel"},
    "paper.verdict": set(Verdict) | {"none"},
    "paper.wish": {f"{wish}.{part}" for wish in WISHES for part in ("name", "hint")},
}


@dataclass(frozen=True)
class Asked:
    """What is asked of the tables at one place: a row, or (`whole` false) one of a group; blanks, if told."""

    where: str
    key: str
    whole: bool
    blanks: frozenset[str] | None


def blanks_of(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def asked_by_templates() -> Iterator[Asked]:
    for path in TEMPLATES:
        for call in Environment(autoescape=True).parse(path.read_text()).find_all(nodes.Call):
            if isinstance(call.node, nodes.Name) and call.node.name in ("say", "group"):
                first = call.args[0]
                assert isinstance(first, nodes.Const | nodes.CondExpr), path
                told = frozenset(keyword.key for keyword in call.kwargs)
                whole = call.node.name == "say" and len(call.args) == 1
                yield Asked(path.name, first.value, whole, told)


def asked_by_modules() -> Iterator[Asked]:
    for path in MODULES:
        for call in ast.walk(ast.parse(path.read_text())):
            named = (
                call.func.attr if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) else ""
            )
            if named not in ("say", "group"):
                continue
            first = call.args[0]
            keys = [first.body, first.orelse] if isinstance(first, ast.IfExp) else [first]
            starred = any(keyword.arg is None for keyword in call.keywords)
            told = None if starred else frozenset(keyword.arg for keyword in call.keywords)
            for key in keys:
                assert isinstance(key, ast.Constant), (path, ast.unparse(call))
                yield Asked(path.name, key.value, named == "say" and len(call.args) == 1, told)


def asked_by_scripts() -> Iterator[Asked]:
    for path in SCRIPTS:
        for key, told in WORDED.findall(path.read_text()):
            blanks = frozenset(part.split(":")[0] for part in told.split(", ") if part)
            yield Asked(path.name, key, True, blanks)


def said_when_done() -> set[str]:
    """Every `?done=` that an act leads to."""
    found = set(FINAL_ACTS.values())
    for path in MODULES:
        text = path.read_text()
        found |= set(re.findall(r"\?done=([\w-]+)", text))
        for call in ast.walk(ast.parse(text)):
            if isinstance(call, ast.Call) and ast.unparse(call.func) == "act_on_paper":
                found |= {call.args[2].value} if isinstance(call.args[2], ast.Constant) else set()
    return found


@pytest.fixture(scope="module")
def asked() -> list[Asked]:
    return [*asked_by_templates(), *asked_by_modules(), *asked_by_scripts()]


def test_every_row_has_the_same_blanks_in_both_languages():
    assert len(all_rows()) > 400
    for key, row in all_rows().items():
        forms = [form for text in row for form in text.split(words.NUMBERS)]
        assert all(blanks_of(form) == blanks_of(forms[0]) for form in forms), key
        for text in row:
            assert len(text.split(words.NUMBERS)) <= (2 if "count" in blanks_of(text) else 1), key
            assert text == text.strip(), key


def test_a_row_without_one_of_the_languages_is_refused():
    with pytest.raises(BrokenTable):
        list(words._rows_of({"title": ["Giấy tờ"]}, "screen."))
    with pytest.raises(BrokenTable):
        list(words._rows_of({"title": ["Giấy tờ", ""]}, "screen."))


def test_no_english_row_holds_a_vietnamese_letter_and_none_was_left_untranslated():
    for key, (vietnamese, english) in all_rows().items():
        assert not MARKED.search(english), key
        if any(letter.isalpha() for letter in re.sub(r"\{\w+\}|%\w", "", vietnamese)):
            assert vietnamese != english or key in SAME_IN_BOTH, key


def test_whatever_pages_and_scripts_say_stands_in_a_table_with_the_blanks_that_they_fill(asked):
    rows = all_rows()
    for one in asked:
        if not one.whole:
            assert one.key in GROUPS, one
            continue
        assert one.key in rows, one
        if one.blanks is not None:
            assert one.blanks >= blanks_of(rows[one.key][0]), one
            assert one.blanks <= blanks_of(rows[one.key][0]) | {"count"}, one


def test_every_row_is_said_somewhere(asked):
    said = {one.key for one in asked if one.whole}
    for key in all_rows():
        if ".done." not in key and not any(key.startswith(f"{group}.") for group in GROUPS):
            assert key in said, key


def test_every_group_has_a_row_for_each_value_and_no_other(asked):
    assert {one.key for one in asked if not one.whole} <= set(GROUPS)
    for group, values in GROUPS.items():
        assert set(words_in("vi").group(group)) == {str(value) for value in values}, group


def test_each_act_has_its_status_line_and_each_line_its_act():
    assert set(words_in("en").named("done")) == said_when_done()
    lines = [key.rpartition(".")[2] for key in all_rows() if ".done." in key]
    assert len(lines) == len(set(lines))


def test_the_events_that_only_the_ledger_tells_are_recorded_somewhere():
    code = "".join(path.read_text() for path in OFFICE.rglob("*.py"))
    assert not {event for event in ONLY_TOLD_BY_THE_LEDGER if f'"{event}"' not in code}


def test_a_field_that_can_be_read_has_its_label():
    assert set(re.findall(r'_field\("(\w+)"', inspect.getsource(fields))) == FIELDS


class Seen(HTMLParser):
    """What of a template a person would read."""

    READ = frozenset({"title", "alt", "placeholder", "aria-label", "data-head", "content", "value"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.read: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.read += [value or "" for name, value in attributes if name in self.READ and tag != "meta"]

    def handle_data(self, data):
        self.read.append(ATTRIBUTE.sub("", data))


ATTRIBUTE = re.compile(r'\b(?:data-[a-z]+|lang)(?:="[^"]*")?')  # of an element that another template opens
KEYS_AND_NAMES = {"F1", "F2", "F8", "F9", "Ctrl", "K", "Esc", "Tab", "Enter", "Motcua"}
VALUES_OF_FORMS = re.compile(r'(?: name="how")? value="[a-z-]*"')


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_word_stands_in_a_template(path: Path):
    plain = re.sub(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}", "", path.read_text(), flags=re.DOTALL)
    read = " ".join(Seen(VALUES_OF_FORMS.sub("", plain)).read)
    assert set(re.findall(r"[^\W\d_][\w]*", read)) <= KEYS_AND_NAMES
    assert not MARKED.search(re.sub(r"\{#.*?#\}", "", path.read_text()))


def test_no_word_in_vietnamese_stands_in_the_code_of_pages_or_scripts():
    for path in MODULES:
        tree = ast.parse(path.read_text())
        documented = {
            node.body[0].value
            for node in ast.walk(tree)
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
            and isinstance(node.body[0], ast.Expr)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in documented:
                assert not MARKED.search(node.value), (path, node.value)
    for path in SCRIPTS:
        assert not MARKED.search(path.read_text()), path


def test_one_and_many_are_told_apart():
    english = words_in("en")
    assert english.say("intake.pages", count=1) == "1 page"
    assert english.say("intake.pages", count=3) == "3 pages"
    assert words_in("vi").say("intake.pages", count=1) == "1 trang"


def test_markup_in_a_blank_stays_markup_and_what_people_wrote_beside_it_does_not():
    from markupsafe import Markup

    told = words_in("en").say("paper.was_first", who=Markup("<b>A</b>"), what="<i>", when="")
    assert told.startswith("<b>A</b> was first: &lt;i&gt;")
    assert "<i>" in words_in("en").say("paper.was_first", who="", what="<i>", when="")
