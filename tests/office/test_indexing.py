"""The index follows the catalogue as a chore: a damaged paper stops nobody, and a person can try it again."""

from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
import sqlalchemy as sa

from bench.dossiers import make_dossier
from digitize.model import Box, Line, PageText, Word
from foundation.durable import sha256_of
from office.cli import doctoring
from office.desk import retrying, searching
from office.explain import explain_code
from office.procedure import FileRole
from office.rows import claims, keeping, page_texts
from office.tables import chores, papers
from office.views.viewing import list_papers
from office.work import chores as work_of_the_house
from office.work.dispatcher import run_until_idle
from office.work.due import due_work
from storage.database import reading, writing
from storage.faults import StorageCode, StorageFault
from storage.search.index import SearchIndex


def row_of(office, paper):
    with reading(office.engine) as connection:
        return connection.execute(sa.select(papers).where(papers.c.id == paper)).one()


def the_chore(office):
    with reading(office.engine) as connection:
        return connection.execute(sa.select(chores).where(chores.c.name == "index")).one()


def words_of(office, paper):
    """Where the words of a paper lie among the objects."""
    with reading(office.engine) as connection:
        kept = keeping.find(connection, keeping.Place(paper, FileRole.WORDS))
    return next(
        path for path in office.settings.data.joinpath("objects").rglob(kept.sha256) if path.is_file()
    )


def found(house, word):
    return [
        hit.paper for hit in searching.find_records(house.office, house.clerk, searching.Wanted(word)).hits
    ]


def archived(office, number):
    """A dossier of which everything is in the archive and nothing in the index."""
    made = make_dossier(office, number)
    run_until_idle(office, mine=lambda act, _thing: act != "index_papers")
    return made


def damage(path):
    path.chmod(0o600)
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    return whole


def test_a_damaged_words_file_stops_nobody_is_told_and_tried_again_by_a_person(house_on_each):
    house, office = house_on_each, house_on_each.office
    made = archived(office, 0)
    bad, *good = made.papers
    whole = damage(words_of(office, bad))
    run_until_idle(office)
    for paper in good:
        assert found(house, made.papers[paper]) == [paper]
        assert row_of(office, paper).fault is None
    row = row_of(office, bad)
    assert (row.fault, row.retry_at, row.owner) == ("StorageFault.DAMAGED", None, None)
    assert explain_code(row.fault)
    assert found(house, made.papers[bad]) == []
    assert due_work(office) == ()  # the index has gone past it
    assert (the_chore(office).fault, the_chore(office).attempts) == (None, 0)
    assert next(line for line in list_papers(office, house.clerk) if line.paper.id == bad).needs_a_look
    later = make_dossier(office, 1)
    run_until_idle(office)
    assert all(found(house, word) == [paper] for paper, word in later.papers.items())
    words_of(office, bad).write_bytes(whole)
    retrying.try_paper_again(office, house.clerk, bad)
    run_until_idle(office)
    assert found(house, made.papers[bad]) == [bad]
    assert row_of(office, bad).fault is None


def test_an_index_built_anew_passes_over_what_is_damaged_and_forgets_what_was_mended(house):
    office = house.office
    made = archived(office, 0)
    bad, mended, _ = made.papers
    broken = {paper: damage(words_of(office, paper)) for paper in (bad, mended)}
    run_until_idle(office)
    words_of(office, mended).write_bytes(broken[mended])
    assert searching.rebuild(office) == 2
    assert (row_of(office, bad).fault, row_of(office, mended).fault) == ("StorageFault.DAMAGED", None)
    assert found(house, made.papers[mended]) == [mended]


def test_a_place_that_cannot_be_reached_is_no_papers_fault(house, monkeypatch):
    office = house.office
    made = make_dossier(office, 0)

    def unreachable(*_):
        raise StorageFault(StorageCode.UNREACHABLE)

    with monkeypatch.context() as away:
        away.setattr(searching.page_texts.PageTexts, "unpack", unreachable)
        run_until_idle(office)
    assert not [paper for paper in made.papers if row_of(office, paper).fault]
    chore = the_chore(office)
    assert (chore.fault, chore.attempts) == ("StorageFault.UNREACHABLE", 1)
    run_until_idle(replace(office, clock=lambda: chore.retry_at + timedelta(seconds=1)))
    assert (the_chore(office).fault, the_chore(office).owner) == (None, None)
    assert all(found(house, word) == [paper] for paper, word in made.papers.items())


@pytest.mark.parametrize("broken", [b"", b"not packed", b"\x28\xb5\x2f\xfd\x04\x00\x11\x00\x00[]x"])
def test_bytes_that_are_no_words_are_told_as_damage(house, tmp_path, broken):
    office = house.office
    made = make_dossier(office, 0)
    paper = next(iter(made.papers))
    (tmp_path / "broken").write_bytes(broken)
    kept = keeping.keep(office, tmp_path / "broken", sha256_of(tmp_path / "broken"))
    with writing(office.engine) as connection:
        place = keeping.Place(paper, FileRole.WORDS)
        keeping.attach(connection, office, place, kept, page_texts.MEDIA_TYPE, at=office.clock())
    texts = page_texts.PageTexts(office, {paper: made.code})
    for unpack in (texts.unpack, partial(page_texts.unpack, office)):
        with pytest.raises(StorageFault) as told:
            unpack(paper)
        assert told.value.code is StorageCode.DAMAGED


def test_words_that_left_the_objects_are_read_from_the_archive_one_inventory_a_dossier(house, monkeypatch):
    office = house.office
    made = [archived(office, number) for number in range(2)]
    for one in made:
        for paper in one.papers:
            with reading(office.engine) as connection:
                sha256 = keeping.find(connection, keeping.Place(paper, FileRole.WORDS)).sha256
            office.objects.remove(keeping.key_of(sha256))
    opened = []
    newest = type(office.archive).newest
    monkeypatch.setattr(
        type(office.archive), "newest", lambda root, one: (opened.append(one), newest(root, one))[1]
    )
    assert searching.rebuild(office) == 6
    assert len(opened) == len(set(opened)) == 2
    for one in made:
        assert all(found(house, word) == [paper] for paper, word in one.papers.items())


def test_the_words_of_a_paper_are_placed_as_they_were_read(house, tmp_path):
    office = house.office
    made = make_dossier(office, 0)
    paper = next(iter(made.papers))
    lines = (
        Line((Word("Giấy", Box(0.1, 0.2, 0.3, 0.4), 90.0), Word("khai", Box(0.5, 0, 1, 1), 9.0))),
        Line(()),
    )
    texts = (PageText(1, 210.0, 297.0, lines), PageText(2, 210.0, 297.0, ()))
    packed = page_texts.pack(tmp_path, texts)
    kept = keeping.keep(office, packed, sha256_of(packed))
    with writing(office.engine) as connection:
        place = keeping.Place(paper, FileRole.WORDS)
        keeping.attach(connection, office, place, kept, page_texts.MEDIA_TYPE, at=office.clock())
    placed = page_texts.PageTexts(office, {paper: made.code}).unpack(paper)
    assert [(page.page, page.text) for page in placed] == [(text.page, text.text) for text in texts]
    assert placed[0].words == (("Giấy", (0.1, 0.2, 0.3, 0.4)), ("khai", (0.5, 0, 1, 1)))


def test_the_chore_of_a_place_is_one_row_and_is_done_where_its_index_lies(house_on_each, tmp_path):
    office = house_on_each.office
    work_of_the_house.enrol(office)
    work_of_the_house.enrol(office)
    make_dossier(office, 0)
    run_until_idle(office)
    chore = the_chore(office)
    assert (chore.name, chore.place) == ("index", (office.settings.data / "place").read_text())
    assert chore.done_at is not None
    (tmp_path / "elsewhere").mkdir()
    settings = replace(office.settings, data=tmp_path / "elsewhere")
    elsewhere = replace(office, settings=settings)
    assert [due.table for due in due_work(elsewhere)] == []  # nobody there has one yet
    work_of_the_house.enrol(elsewhere)
    assert [(due.act, due.id == chore.id) for due in due_work(elsewhere)] == [("index_papers", False)]
    assert due_work(office) == ()


def test_an_index_that_another_writes_is_left_for_later(house):
    office = house.office
    make_dossier(office, 0)
    with SearchIndex.open_writer(office.index_folder):
        run_until_idle(office)
        assert the_chore(office).fault == "StorageFault.BUSY"
        assert the_chore(office).retry_at is not None


def test_a_chore_that_was_given_up_is_told_by_doctor_and_tried_again_at_the_next_start(house):
    office = house.office
    work_of_the_house.enrol(office)
    with writing(office.engine) as connection:
        given_up = sa.update(chores).where(chores.c.name == "index")
        connection.execute(given_up.values(fault="StorageFault.DAMAGED", attempts=9))
    told = [ailment for ailment in doctoring._house(office) if ailment.what.startswith("chores ")]
    assert [explain_code("StorageFault.DAMAGED") in ailment.what for ailment in told] == [True]
    make_dossier(office, 0)
    run_until_idle(office)
    assert (the_chore(office).fault, the_chore(office).attempts) == (None, 0)


def test_a_paper_that_somebody_has_is_not_passed_over_without_a_word(house):
    office = house.office
    made = archived(office, 0)
    bad = next(iter(made.papers))
    damage(words_of(office, bad))
    with claims.held(office, papers, bad):
        run_until_idle(office)
        assert the_chore(office).fault is None
    run_until_idle(office)
    assert row_of(office, bad).fault == "StorageFault.DAMAGED"
