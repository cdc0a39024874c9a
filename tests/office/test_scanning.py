"""A paper comes from a machine: page by page, with its evidence; a jam is continued in the same paper."""

import contextlib
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace

import pytest
import sqlalchemy as sa

from office.desk import intake, queueing
from office.desk.queueing import Place, free_left_machines, in_turn
from office.desk.scanning import Stack, find_machines, is_idle, machines_file, release_stack, scan_stack
from office.faults import DeskCode, DeskFault
from office.procedure import FileRole
from office.settings import Settings
from office.tables import files, papers
from scanner_adapters.escl.opening import open_escl
from scanner_adapters.escl.orders import order_for
from scanner_adapters.escl.quirks import Quirks
from scanner_adapters.known import KnownMachines
from scanner_adapters.model import FaultCode, JobState, ScanFault, ScanSettings, ScanSource
from scanner_adapters.queue import broker
from scanner_adapters.queue.spool import Spool
from scanner_adapters.simulator.machine import Machine
from scanner_adapters.simulator.profile import Profile
from scanner_adapters.simulator.script import Act, Fault
from scanner_adapters.simulator.server import serving
from storage.database import reading, writing
from tests.scanner_adapters.escl_rig import LEAVES, leaves


@contextmanager
def machine(*faults, sheets=3):
    with serving(Machine(leaves(sheets), Profile(refills=False), faults)) as url:
        yield intake.Machine(f"escl:{url}")


def evidence_of(house, paper):
    with reading(house.office.engine) as connection:
        rows = connection.execute(
            sa.select(files)
            .where(files.c.paper == paper, files.c.role == FileRole.MASTER)
            .order_by(files.c.ordinal)
        )
        return [row.evidence for row in rows]


def test_a_stack_becomes_a_paper_with_the_evidence_of_each_page(house):
    with machine() as found:
        paper = intake.scan_paper(house.office, house.clerk, house.dossier(), "Giấy xác nhận", found)
    told = evidence_of(house, paper)
    assert [page["size_bytes"] for page in told] == [len(LEAVES[number]) for number in (1, 2, 3)]
    assert [page["device"] for page in told] == [found.address] * 3
    assert all(page["device_page_ref"] and page["effective"]["dpi"] == 300 and page["seal"] for page in told)
    assert machines_file(house.office.settings).exists()
    assert not list(house.office.spool_folder.glob("*/*.jpg"))  # they are kept now


def test_a_jam_is_told_and_the_next_scan_goes_on_in_the_same_paper(house):
    dossier = house.dossier()
    with machine(Fault(Act.JAM, 3)) as found:
        with pytest.raises(ScanFault) as jam:
            intake.scan_paper(house.office, house.clerk, dossier, "Giấy xác nhận", found)
        assert (jam.value.code, jam.value.pages) == (FaultCode.JAM, 2)
        assert intake.pages_scanned(house.office, dossier) == 2
        with reading(house.office.engine) as connection:
            assert connection.execute(sa.select(papers)).all() == []
        paper = intake.scan_paper(house.office, house.clerk, dossier, "Giấy xác nhận", found)
        assert len(evidence_of(house, paper)) == 3
        assert intake.pages_scanned(house.office, dossier) == 0  # the next paper has its own job


def test_pages_that_the_clerk_counted_are_the_paper(house):
    dossier = house.dossier()
    with machine(Fault(Act.LYING_COUNT)) as found, pytest.raises(ScanFault):
        intake.scan_paper(house.office, house.clerk, dossier, "Giấy xác nhận", found)
    paper = intake.scan_paper(house.office, house.clerk, dossier, "Giấy xác nhận", intake.Machine(""))
    assert len(evidence_of(house, paper)) == 3
    with pytest.raises(DeskFault) as nothing:
        intake.scan_paper(house.office, house.clerk, dossier, "Giấy xác nhận", intake.Machine(""))
    assert nothing.value.code is DeskCode.NOTHING_SCANNED


def test_a_stack_is_scanned_and_released_in_a_child(tmp_path):
    settings, heard = Settings(data=tmp_path / "data"), []
    with machine() as found:
        stack = Stack("job", found.address, "lan", ScanSettings())
        done = scan_stack(settings, stack, lambda event, _detail: heard.append(event))
        assert (done.state, len(done.pages)) == (JobState.COMPLETED, 3)
        assert heard.count("page") == 3
        assert len(release_stack(settings, stack).pages) == 3
        assert found.address in machines_file(settings).read_text()
    assert [one["sources"] for one in find_machines(settings) if one["id"] == Profile().uuid][:1]


def test_who_comes_second_waits_for_the_first_and_hears_how_many_are_before(house):
    heard = []
    with machine() as found:
        first = Place(found.address, "first", "lan", "lan")
        second = replace(found, tell_waiting=heard.append)
        with in_turn(house.office, first, lambda: 0, heard.append):
            waiting = ThreadPoolExecutor(1).submit(
                intake.scan_paper, house.office, house.clerk, house.dossier(), "Giấy xác nhận", second
            )
            until = time.monotonic() + 60
            while not heard and time.monotonic() < until:
                time.sleep(0.05)
            assert heard == [1]
            assert not waiting.done()
        assert len(evidence_of(house, waiting.result(timeout=60))) == 3


def test_nobody_waits_for_ever_and_a_broken_block_gives_the_machine_back(house, monkeypatch):
    monkeypatch.setattr(queueing, "PATIENCE_SECONDS", 1.0)
    with machine() as found:
        mine, other = (Place(found.address, name, name, name) for name in ("lan", "minh"))
        with contextlib.suppress(KeyError), in_turn(house.office, mine, lambda: 0, intake.nobody):
            assert code_of_waiting(house, other) is FaultCode.BUSY
            raise KeyError
        with in_turn(house.office, other, lambda: 0, intake.nobody):
            assert is_idle(house.office.settings, found.address)


def code_of_waiting(house, place):
    with pytest.raises(ScanFault) as late, in_turn(house.office, place, lambda: 0, intake.nobody):
        pass
    return late.value.code


@pytest.mark.parametrize("is_alive", [True, False])
def test_a_machine_is_freed_from_the_job_of_a_killed_scan_and_of_no_other(house, is_alive):
    office, simulated = house.office, Machine(leaves(3), Profile())
    with serving(simulated) as url:
        address = f"escl:{url}"
        device = open_escl(address, KnownMachines(None)).device
        order = order_for(ScanSettings(), device.offer(ScanSource.ADF), Quirks())
        job = Spool(office.spool_folder, office.clock).open_job("left", address, "lan", ScanSettings())
        job.note_device_job(device.create_job(order).headers["location"])
        device.transport.rest()
        asker = broker.Asker("", "lan", office.owner if is_alive else f"{socket.gethostname()}:999999:1")
        with writing(office.engine) as connection:
            turn = broker.ask(connection, address, "left:1", asker, office.clock())
            assert broker.take(connection, turn, office.clock())
        assert simulated.running_jobs == 1
        free_left_machines(office)
        assert simulated.running_jobs == int(is_alive)
        assert (job.device_job != "") == is_alive


def test_a_scan_outside_the_line_is_left_alone_and_a_damaged_job_stops_nobody(house):
    office = house.office
    spool = Spool(office.spool_folder, office.clock)
    spool.open_job("alone", "escl:http://127.0.0.1:1/eSCL", "lan", ScanSettings()).note_device_job("/x")
    free_left_machines(office)
    assert spool.find_job("alone").device_job == "/x"
    (office.spool_folder / "alone" / "job.json").write_text("{")
    free_left_machines(office)
