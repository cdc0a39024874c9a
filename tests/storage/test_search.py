import unicodedata
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage.search.index import PageRecord, Query, Results, Scope, SearchIndex
from tests.storage.pages import EVERYBODY, boxes_of, page
from vietnamese.letters import fold


@pytest.fixture(scope="module")
def find(tmp_path_factory):
    """Indexes pages and answers queries on them: find(pages)("query") → records, best first."""

    @cache
    def made(*pages: PageRecord):
        folder = tmp_path_factory.mktemp("index")
        with SearchIndex.open_writer(folder) as writer:
            writer.apply(pages, (), 1)
        index = SearchIndex.open_reader(folder)

        def ask(text: str, scope: Scope = EVERYBODY, **narrower) -> Results:
            return index.search(Query(text, scope, **narrower))

        return ask

    return made


def records(results: Results) -> list[str]:
    return [hit.record for hit in results.hits]


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("dat", "quyền sử dụng đất ở"),
        ("duong", "Đường Lê Lợi"),
        ("Dinh", "Phạm Đình Hổ"),
        ("nguyên", "Nguyễn Văn A"),
        ("so hoa ket qua", "số hóa kết quả giải quyết"),
        ("SO HOA", "Số hóa"),
        ("hoà", "Hòa Bình"),
        ("thúy", "Nguyễn Thị Thuý"),
        ("lí lịch", "sơ yếu lý lịch"),
        ("li lich", "sơ yếu lý lịch"),
        ("quí", "Quý khách"),
        ("Ðường", "đường phố"),
        ("đường", "Ðường phố"),
        ("079301234567", "Số CCCD: 079301234567"),
        ("12/2024/QD-UBND", "Quyết định số 12/2024/QĐ-UBND"),
        ("UBND phuong", "UBND\nPHƯỜNG MẪU"),
    ],
)
def test_what_is_typed_finds_what_is_written_in_any_normal_form(find, typed, written):
    forms = [unicodedata.normalize(form, written) for form in ("NFC", "NFD")]
    ask = find(page("H1", forms[0]), page("H2", forms[1]), page("H3", "tờ khác hẳn"))
    assert sorted(records(ask(typed))) == ["H1", "H2"]
    assert sorted(records(ask(unicodedata.normalize("NFD", typed)))) == ["H1", "H2"]


def test_marks_that_were_typed_rank_first_and_others_follow(find):
    ask = find(page("H1", "hoa hoa hoa"), page("H2", "hóa đơn hóa đơn"), page("H3", "hòa giải ở cơ sở"))
    assert records(ask("hòa"))[0] == "H3"
    assert records(ask("hóa"))[0] == "H2"
    assert sorted(records(ask("hoa"))) == ["H1", "H2", "H3"]


def test_the_tiers_stand_in_their_order(find):
    ask = find(
        page("fewer", "giấy chứng sinh " * 5),
        page("all words", "kêt " * 9 + "quà hóa sô " * 9),
        page("all words exact", "kết và quả và hóa và số"),
        page("folded phrase", "so hoa ket qua và hóa"),
        page("exact phrase", "các việc số hóa kết quả giải quyết " + "thủ tục hành chính " * 40),
    )
    order = ["exact phrase", "folded phrase", "all words exact", "all words"]
    assert records(ask("số hóa kết quả")) == order
    assert records(ask("so hoa ket qua"))[:2] == ["folded phrase", "exact phrase"]  # the shorter page
    assert set(records(ask("so hoa ket qua"))[2:]) == set(order[2:])


def test_a_page_that_lacks_a_word_is_found_when_better_ones_are_few(find):
    ask = find(page("H1", "giấy chứng nhận quyền sử dụng đất"), page("H2", "tờ khai thuế"))
    assert records(ask("giấy chứng nhận quyền sử dụng đắt đỏ")) == ["H1"]
    assert records(ask("giấy xyz")) == ["H1"]
    assert records(ask("giấy chứng nhận")) == ["H1"]


def test_any_one_word_is_only_asked_for_when_nothing_else_is_found(find):
    ask = find(page("H1", "giấy chứng nhận"), page("H2", "giấy tờ"))
    assert records(ask("giấy chứng")) == ["H1"]


def test_quoted_words_must_stand_together_and_as_they_are_marked(find):
    texts = ("kết quả số hóa", "quả kết", "kết quá", "ket qua")
    ask = find(*[page(f"H{n}", text) for n, text in enumerate(texts, 1)])
    assert sorted(records(ask('"ket qua"'))) == ["H1", "H3", "H4"]
    assert records(ask('"kết quả"')) == ["H1"]
    assert records(ask("“kết quả” hóa")) == ["H1"]
    assert records(ask('"kết quả" xyz')) == ["H1"]
    assert records(ask('"kết quả hóa"')) == []
    assert sorted(records(ask('"quả"'))) == ["H1", "H2"]
    assert records(ask('"kết quả" "số hóa"')) == ["H1"]


def test_a_phrase_never_reaches_from_the_title_into_the_text(find):
    ask = find(page("H1", "sử dụng đất", title="Giấy quyền"))
    assert records(ask('"quyền sử dụng"')) == []
    assert records(ask('"quyen su dung"')) == []
    assert records(ask("quyền sử dụng")) == ["H1"]


def test_title_and_code_find_the_first_page_alone(find):
    pages = [page("H00.01-261124-0001", "trang", title="Giấy khai sinh", page=n) for n in (1, 2)]
    ask = find(*pages)
    assert [hit.page for hit in ask("khai sinh").hits] == [1]
    assert [hit.page for hit in ask("H00.01-261124-0001").hits] == [1]
    assert sorted(hit.page for hit in ask("trang").hits) == [1, 2]


SENSELESS = (
    *("", " ", '"', '""', "'", '"""', "*", "^", "_", "(", "))", "\\", "/x/", "{}", "[a TO b]"),
    *("a AND", "OR", "NOT x", "text:", "folded:hoa", "+hoa -hoa", "hoa^9", "hoa~", "hoa*"),
    *("\x00", "a\x00b", "\ud800", "_" * 99, "x" * 100_000, "a " * 5000, '"a" ' * 500),
)


@pytest.mark.parametrize("typed", SENSELESS)
def test_no_text_is_an_error(find, typed):
    ask = find(page("H1", "hoa"))
    assert ask(typed).total in {0, 1}


def test_engine_words_mean_nothing_but_themselves(find):
    ask = find(page("H1", "hoa"), page("H2", "sen"))
    assert records(ask("NOT hoa")) == ["H1"]
    assert records(ask("folded:*")) == []


def test_any_text_at_all_is_answered(find):
    ask = find(page("H1", "số hóa kết quả"), page("H2", "12/2024"))

    @settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.text(alphabet=st.one_of(st.sampled_from('số hóa"*()+-/12'), st.characters()), max_size=40))
    def answered(text: str) -> None:
        answer = ask(text)
        assert answer.total >= len(answer.hits)
        assert answer.took_ms >= 0

    answered()


def test_nothing_outside_the_scope_is_found_or_counted(find):
    ask = find(
        page("H1", "giấy", unit="a", sensitivity=1),
        page("H2", "giấy", unit="a", sensitivity=3),
        page("H3", "giấy", unit="b", sensitivity=1),
        page("H4", "giấy", unit="b c", sensitivity=1),
    )
    seen = {
        Scope(frozenset({"a"}), 1): ["H1"],
        Scope(frozenset({"a"}), 3): ["H1", "H2"],
        Scope(frozenset({"a", "b"}), 2): ["H1", "H3"],
        Scope(frozenset({"b c"}), 9): ["H4"],
        Scope(frozenset({"c", "a b"}), 99): [],
        Scope(frozenset(), 9): [],
        Scope(frozenset({"a", "b"}), 0): [],
        Scope(frozenset({"a", "b"}), -1): [],
    }
    for scope, found in seen.items():
        answer = ask("giay", scope)
        assert sorted(records(answer)) == found
        assert answer.total == len(found)


def test_a_sensitivity_that_is_none_is_refused(find):
    with pytest.raises(ValueError, match="sensitivity"):
        find(page("H1", "giấy", sensitivity=10))


def test_year_and_procedure_narrow_down(find):
    others = page("H1", "giấy", year=2025), page("H2", "giấy", year=2026)
    ask = find(*others, page("H3", "giấy", procedure="2.0"))
    assert records(ask("giấy", year=2025)) == ["H1"]
    assert records(ask("giấy", procedure="2.0")) == ["H3"]
    assert ask("giấy", year=2025, procedure="2.0").total == 0


def test_the_limit_cuts_the_hits_and_not_the_count(find):
    ask = find(*[page(f"H{n}", "giấy tờ") for n in range(7)])
    assert (len(ask("giấy", limit=3).hits), ask("giấy", limit=3).total) == (3, 7)
    assert ask("giấy", limit=0).hits == ()


def test_a_hit_says_which_page_of_which_file_and_why(find):
    text = "một hai ba\n" * 50 + "việc Số hóa, kết quả giải quyết\n" + "bốn năm " * 50
    where = {"paper": "p1", "file": "du-lieu/H1.1.pdf", "page": 3, "title": "Báo cáo"}
    ask = find(page("H1", text, words=boxes_of("Số hóa,"), **where))
    (hit,) = ask("so hoa ket qua").hits
    assert hit.record == "H1"
    assert {name: getattr(hit, name) for name in where} == where
    assert "việc Số hóa, kết quả giải quyết" in hit.snippet
    assert "\n" not in hit.snippet
    assert len(hit.snippet) <= 240
    assert [hit.snippet[start:end] for start, end in hit.marks] == ["Số", "hóa", "kết", "quả"]
    assert len(hit.boxes) == 2


def test_boxes_are_those_of_the_phrase_and_not_of_every_such_word(find):
    ask = find(page("H1", "hóa đơn, kết quả; «số hóa» kết thúc số"))
    (hit,) = ask("số hóa").hits
    assert [round(box[0] * 100) for box in hit.boxes] == [4, 5]
    (hit,) = ask("số quả").hits
    assert [round(box[0] * 100) for box in hit.boxes] == [3, 4, 8]


def test_exact_marks_are_highlighted_where_there_are_any(find):
    ask = find(page("H1", "hoa hóa hòa"))
    assert [round(box[0] * 100) for box in ask("hòa").hits[0].boxes] == [2]
    assert [round(box[0] * 100) for box in ask("hoá").hits[0].boxes] == [1]
    assert [round(box[0] * 100) for box in ask("hỏa").hits[0].boxes] == [0, 1, 2]
    assert [round(box[0] * 100) for box in ask("hoa").hits[0].boxes] == [0, 1, 2]


def test_a_box_comes_back_as_it_was_given_to_a_tenth_of_a_pixel(find):
    box = (0.123456, 0.2, 0.999999, 1.0)
    ask = find(page("H1", "giấy", words=(("giấy", box),)))
    (found,) = ask("giấy").hits[0].boxes
    assert found == pytest.approx(box, abs=1 / 65535)  # of an A4 page at 600 dpi


def test_a_page_found_by_its_title_alone_shows_its_beginning(find):
    ask = find(page("H1", "Kính gửi: Ủy ban", title="Đơn xin"), page("H2", "", title="Đơn trống"))
    assert ask("xin").hits[0].snippet == "Kính gửi: Ủy ban"
    assert ask("xin").hits[0].boxes == ()
    assert ask("trống").hits[0].snippet == ""


SYLLABLES = ["số", "hóa", "hòa", "kết", "quả", "đất", "đường", "quyền", "lý", "giấy", "chứng", "nhận", "ở"]
TEXTS = st.lists(st.lists(st.sampled_from(SYLLABLES), min_size=3, max_size=12), min_size=1, max_size=6)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(TEXTS, st.data())
def test_every_phrase_of_every_page_is_found_as_written_and_without_marks(tmp_path_factory, texts, data):
    folder = tmp_path_factory.mktemp("index")
    with SearchIndex.open_writer(folder) as writer:
        writer.apply([page(f"H{n}", " ".join(text)) for n, text in enumerate(texts)], (), 1)
    index = SearchIndex.open_reader(folder)
    number = data.draw(st.integers(0, len(texts) - 1))
    start = data.draw(st.integers(0, len(texts[number]) - 2))
    phrase = " ".join(texts[number][start : start + 3])
    having = {f"H{n}" for n, text in enumerate(texts) if f" {phrase} " in f" {' '.join(text)} "}
    found = records(index.search(Query(phrase, EVERYBODY)))
    assert set(found[: len(having)]) == having
    assert f"H{number}" in records(index.search(Query(fold(phrase), EVERYBODY)))
    assert set(records(index.search(Query(f'"{phrase}"', EVERYBODY)))) == having
