"""Papers of one dossier share one object of the archive: whatever order they come in, none is lost in it."""

import threading
from itertools import count

import pytest
import sqlalchemy as sa

from bench.agreement import documents, versions_of, wrong_in_archive, wrong_in_index
from bench.dossiers import make_dossier
from office.desk import archiving
from office.faults import DeskCode, DeskFault
from office.rows import claims
from office.tables import copies, dossiers, papers
from office.work.dispatcher import Dispatcher, carry_out, run_until_idle
from office.work.due import Due
from storage.database import reading
from tests.office.test_jobs import wait_for

DISPATCHERS = 4
DOSSIERS = 3


def rows_of(office, table):
    with reading(office.engine) as connection:
        return connection.execute(sa.select(table)).all()


def nothing_is_lost(office, made):
    """Every version describes what is in it, and rows, archive and index agree."""
    return [*wrong_in_archive(office, made), *wrong_in_index(office, made)] == []


def test_many_dispatchers_on_the_same_dossiers_lose_no_paper_in_any_description(house_on_each):
    office = house_on_each.office
    made = [make_dossier(office, number) for number in range(DOSSIERS)]
    dispatchers = [Dispatcher(office) for _ in range(DISPATCHERS)]
    for dispatcher in dispatchers:
        dispatcher.start()
    things = (papers, copies)
    wait_for(lambda: all(row.archived_version for table in things for row in rows_of(office, table)))
    for dispatcher in dispatchers:
        dispatcher.stop()
    run_until_idle(office)
    for one in made:
        assert nothing_is_lost(office, one)
        newest, described = versions_of(office, one.code)[-1]
        assert len(described) == 4
        assert documents(newest) == described
    assert [row.owner for row in rows_of(office, dossiers)] == [None] * DOSSIERS
    assert not [row.fault for table in things for row in rows_of(office, table) if row.fault or row.attempts]


def archive_at_once(office, number):
    """Carry out the archiving of all papers of a new dossier at the same moment, found before any began."""
    made = make_dossier(office, number)
    found = [Due(papers.name, paper, "archive_result", 0) for paper in made.papers]
    ready = threading.Barrier(len(found))

    def work(due):
        ready.wait()
        carry_out(office, due)

    workers = [threading.Thread(target=work, args=(due,)) for due in found]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return made


def test_papers_that_come_in_the_same_moment_are_described_one_after_another(house_on_each):
    office = house_on_each.office
    for number in range(2):
        made = archive_at_once(office, number)
        run_until_idle(office)
        assert nothing_is_lost(office, made)


def test_a_dossier_that_somebody_has_is_waited_for_and_no_attempt_is_counted(house):
    made = make_dossier(house.office, 0)
    paper = next(iter(made.papers))
    with claims.held(house.office, dossiers, made.id):
        assert not carry_out(house.office, Due(papers.name, paper, "archive_result", 0))
    row = next(row for row in rows_of(house.office, papers) if row.id == paper)
    assert (row.owner, row.fault, row.attempts, row.archived_version) == (None, None, 0, None)


class Dying(BaseException):
    """Stands for kill -9: nothing catches it."""


def test_what_was_written_by_one_who_died_before_saying_so_is_described_by_the_next(
    house_on_each, monkeypatch
):
    office = house_on_each.office
    made = make_dossier(office, 0)
    first, second, _third = made.papers
    saying = archiving.enter_catalogue

    def die(*_):
        raise Dying

    monkeypatch.setattr(archiving, "enter_catalogue", die)
    with pytest.raises(Dying):
        carry_out(office, Due(papers.name, first, "archive_result", 0))
    monkeypatch.setattr(archiving, "enter_catalogue", saying)
    assert carry_out(office, Due(papers.name, second, "archive_result", 0))
    newest, described = versions_of(office, made.code)[-1]
    assert documents(newest) == described
    assert len(described) == 2
    later(office, first)
    run_until_idle(office)
    assert nothing_is_lost(office, made)


def later(office, paper):
    """The claim of whoever died has run out."""
    with office.engine.begin() as connection:
        connection.execute(sa.update(papers).where(papers.c.id == paper).values(lease_until=None))


def test_a_description_is_made_anew_when_the_archive_has_finished_what_a_crash_left(house, monkeypatch):
    office, calls = house.office, count()
    made = make_dossier(office, 0)
    first, second, _third = made.papers
    assert carry_out(office, Due(papers.name, first, "archive_result", 0))
    newest = archiving._newest_version

    def before_it_was_finished(*told):
        return archiving.Version(0, {}) if next(calls) == 0 else newest(*told)

    monkeypatch.setattr(archiving, "_newest_version", before_it_was_finished)
    assert carry_out(office, Due(papers.name, second, "archive_result", 0))
    assert next(calls) == 2
    run_until_idle(office)
    assert nothing_is_lost(office, made)


def test_whoever_lost_the_dossier_says_nothing_and_waits(house, monkeypatch):
    made = make_dossier(house.office, 0)
    described = archiving.documents

    def lose(connection, dossier, *told):
        with house.office.engine.begin() as other:
            other.execute(sa.update(dossiers).values(fence=dossiers.c.fence + 1))
        return described(connection, dossier, *told)

    monkeypatch.setattr(archiving, "documents", lose)
    with claims.held(house.office, papers, next(iter(made.papers))) as claim:
        with pytest.raises(DeskFault) as waits:
            archiving.archive_result(house.office, claim)
        assert waits.value.code is DeskCode.BUSY
