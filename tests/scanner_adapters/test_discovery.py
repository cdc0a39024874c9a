"""Machines are found by id, raced over stored and announced addresses; a dead one delays nobody."""

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from zeroconf import ServiceInfo

from scanner_adapters.discovery import PLAIN, SECURE, Found, Search, address_of, discover, find, listen
from scanner_adapters.known import KnownMachines
from scanner_adapters.model import Capabilities, FaultCode, JobState, ScanFault, ScanSettings
from scanner_adapters.opening import list_scanners, open_scanner
from scanner_adapters.queue.spool import Spool
from scanner_adapters.scanner import Watch
from scanner_adapters.simulator.announcing import announced
from scanner_adapters.simulator.machine import Machine
from scanner_adapters.simulator.profile import Profile
from scanner_adapters.simulator.server import serving
from tests.scanner_adapters.escl_rig import leaves
from tests.scanner_adapters.scan_files import Clock

NEVER = 60.0  # seconds: as good as for ever


def machine(name: str) -> Capabilities:
    return Capabilities(name, f"make {name}", "", ())


def asking(**answers: float):
    """How each address answers: after so many seconds, with the machine named by what follows the @."""

    def ask(address: str, _known: KnownMachines) -> Found:
        time.sleep(answers.get(address.replace(":", "_").replace("@", "_"), 0))
        if "dead" in address:
            raise ScanFault(FaultCode.OFFLINE, address)
        return Found(address, machine(address.rpartition("@")[2]))

    return ask


def telling(*addresses: str):
    return lambda _over: iter(addresses)


def known_of(*addresses: str) -> KnownMachines:
    known = KnownMachines(None)
    for address in addresses:
        known.met(address, machine(address.rpartition("@")[2]), "")
    return known


def test_stored_and_announced_addresses_are_asked_at_the_same_time():
    known = known_of("escl:a@one", "escl:dead@two")
    search = Search(2.0, telling("escl:b@three", "escl:a@one"), asking(escl_dead_two=NEVER, escl_a_one=0.3))
    began = time.monotonic()
    found = []
    for one in discover(known, search):
        found.append(one.capabilities.id)
        if len(found) == 2:
            break
    assert sorted(found) == ["one", "three"]
    assert time.monotonic() - began < 1.5


def test_a_machine_at_two_addresses_is_one_and_the_faster_way_is_taken():
    search = Search(0.6, telling("escl:slow@one", "escl:fast@one"), asking(escl_slow_one=0.3))
    assert [one.address for one in discover(KnownMachines(None), search)] == ["escl:fast@one"]


def test_a_dead_machine_delays_nobody_and_the_deadline_holds():
    known = known_of("escl:hang@zero")
    search = Search(0.5, telling("escl:b@three"), asking(escl_hang_zero=3.0))
    began = time.monotonic()
    assert find("three", known, search).address == "escl:b@three"
    assert time.monotonic() - began < 0.4
    assert find("zero", known, search) is None
    assert time.monotonic() - began < 1.5


def test_the_silent_are_listed_without_sources_and_an_unknown_name_is_offline():
    known = known_of("escl:dead@two")
    search = Search(0.2, telling("escl:b@three"), asking())
    assert [(one["id"], one["sources"]) for one in list_scanners(known, search)] == [
        ("three", []),
        ("two", []),
    ]
    with pytest.raises(ScanFault) as missing:
        open_scanner("nobody", known, search)
    assert missing.value.code is FaultCode.OFFLINE


def info(kind=PLAIN, addresses=("192.0.2.7",), **texts):
    packed = [socket.inet_pton(socket.AF_INET6 if ":" in one else socket.AF_INET, one) for one in addresses]
    return ServiceInfo(
        kind, f"Máy quét.{kind}", addresses=packed, port=8080, properties=texts, server="m.local."
    )


@pytest.mark.parametrize(
    ("announcement", "address"),
    [
        (info(rs="eSCL"), "escl:http://192.0.2.7:8080/eSCL"),
        (info(SECURE, RS="/eSCL2/"), "escl:https://192.0.2.7:8080/eSCL2"),
        (info(), "escl:http://192.0.2.7:8080/eSCL"),
        (info(addresses=("2001:db8::7", "192.0.2.7")), "escl:http://192.0.2.7:8080/eSCL"),
        (info(addresses=("2001:db8::7",)), "escl:http://[2001:db8::7]:8080/eSCL"),
        (info(addresses=()), ""),
    ],
)
def test_the_address_is_that_of_the_announced_host(announcement, address):
    assert address_of(announcement) == address


def test_the_simulated_machine_is_heard_over_mdns():
    profile = Profile(uuid="6d6f7463-7561-4d43-8a5e-0000000000aa", make_model="Motcua Heard")
    with serving(Machine(leaves(1), profile)) as url, announced(url, profile):
        until = time.monotonic() + 20
        heard = next(one for one in listen(lambda: time.monotonic() > until) if one == f"escl:{url}")
        assert open_scanner(heard, KnownMachines(None)).capabilities().id == profile.uuid


def test_what_was_met_is_remembered_across_starts(tmp_path: Path):
    known = KnownMachines(tmp_path / "a" / "machines.json")
    known.met("escl:https://x", machine("one"), "ab" * 32)
    again = KnownMachines(tmp_path / "a" / "machines.json")
    assert again.find("one") == again.find("escl:https://x") == known.all()[0]
    assert again.pin_of("escl:https://x") == "ab" * 32
    again.met("escl:http://y", machine("one"), "")  # without TLS its key stays what it was
    assert again.find("one").key_sha256 == "ab" * 32
    with pytest.raises(ScanFault):
        again.met("escl:https://x", machine("one"), "cd" * 32)
    again.forget("one")
    assert KnownMachines(tmp_path / "a" / "machines.json").all() == ()
    (tmp_path / "a" / "machines.json").write_text("[{]")
    with pytest.raises(ScanFault) as damaged:
        KnownMachines(tmp_path / "a" / "machines.json")
    assert damaged.value.code is FaultCode.SPOOL_DAMAGED


def asked_of(addresses, asked):
    """Asking that notes whom it asked, and lets a machine be met as the real one does."""

    def ask(address: str, known: KnownMachines) -> Found:
        asked.append(address)
        found = machine(address.rpartition("@")[2])
        known.met(address, found, "")
        return Found(address, found)

    return Search(1.0, telling(*addresses), ask)


def test_only_listed_machines_are_found_and_remembered(tmp_path: Path):
    path = tmp_path / "machines.json"
    KnownMachines(path).met("escl:old@two", machine("two"), "")
    asked: list[str] = []
    known = KnownMachines(path, ["ONE ", "urn:uuid:four"])
    found = list(discover(known, asked_of(["escl:b@three", "escl:a@one", "escl:c@four"], asked)))
    assert sorted(one.capabilities.id for one in found) == ["four", "one"]
    assert "escl:old@two" not in asked
    assert [one.id for one in known.all()] == ["four", "one"]
    assert {one.id for one in KnownMachines(path).all()} == {"one", "two", "four"}


def test_a_machine_not_listed_gets_no_job(tmp_path: Path):
    simulated = Machine(leaves(1), Profile())
    with serving(simulated) as url:
        reader = open_scanner(f"escl:{url}", KnownMachines(None, ["another"]))
        outcome = reader.scan(ScanSettings(), job_in(tmp_path), Watch())
        assert outcome.fault.code is FaultCode.NOT_ALLOWED
        assert (simulated.running_jobs, simulated.left_in_feeder) == (0, 1)
        reader = open_scanner(f"escl:{url}", KnownMachines(None, [Profile().uuid]))
        assert reader.scan(ScanSettings(), job_in(tmp_path), Watch()).state is JobState.COMPLETED


def job_in(folder: Path):
    return Spool(folder / "spool", Clock()).open_job("job", "escl", "lan", ScanSettings())


def test_a_device_of_sane_is_on_the_list_by_its_address():
    known = KnownMachines(None, ["sane:test:0"])
    assert open_scanner("sane:test:0", known).id == "sane:test:0"
    with pytest.raises(ScanFault, match="NOT_ALLOWED"):
        open_scanner("sane:test:1", known)


def test_a_machine_announced_with_an_id_not_listed_is_never_connected_to():
    profile = Profile(uuid="6d6f7463-7561-4d43-8a5e-0000000000bb", make_model="Motcua Unlisted")
    with serving(Machine(leaves(1), profile)) as url, announced(url, profile):
        address = f"escl:{url}"
        until = time.monotonic() + 20
        assert any(one == address for one in listen(lambda: time.monotonic() > until))
        until = time.monotonic() + 2
        is_over, wanted = (lambda: time.monotonic() > until), KnownMachines(None, ["another"]).allows
        assert address not in list(listen(is_over, wanted))


def test_machines_met_at_the_same_moment_are_all_remembered(tmp_path: Path):
    path = tmp_path / "machines.json"
    starters = [KnownMachines(path), KnownMachines(path)]  # as two processes hold them
    with ThreadPoolExecutor(12) as pool:
        list(pool.map(lambda n: starters[n % 2].met(f"escl:{n}", machine(f"{n:02}"), ""), range(24)))
    assert [one.id for one in KnownMachines(path).all()] == [f"{n:02}" for n in range(24)]
    starters[0].forget("07")
    starters[1].met("escl:new", machine("08"), "")
    assert len(KnownMachines(path).all()) == 23
