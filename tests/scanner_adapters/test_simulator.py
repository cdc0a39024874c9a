"""The simulated machine as a product: scripts in TOML, paper from files or drawn, scanned as wanted."""

from io import BytesIO

import pikepdf
import pytest
from PIL import Image

from scanner_adapters.escl.orders import order_for
from scanner_adapters.escl.quirks import Quirks
from scanner_adapters.escl.wire import Request
from scanner_adapters.model import FaultCode, ScanFault
from scanner_adapters.simulator.machine import Machine
from scanner_adapters.simulator.papers.paper import drawn_leaves, leaf_from_file, leaves_from_folder
from scanner_adapters.simulator.profile import PROFILES, Profile
from scanner_adapters.simulator.script import Act, Fault, parse_script
from scanner_adapters.simulator.tickets import Ticket
from tests.scanner_adapters.escl_rig import ADF, leaves, rig
from tests.scanner_adapters.scan_files import jpeg, picture, written

A5 = Ticket(dpi=100, region=(0, 0, 1748, 2480))


def test_a_script_says_what_goes_wrong():
    script = """
    [[fault]]
    act = "jam"
    page = 3
    answer = 503
    [[fault]]
    act = "slow"
    seconds = 2.5
    """
    assert parse_script(script) == (Fault(Act.JAM, 3, 503), Fault(Act.SLOW, seconds=2.5))
    assert parse_script("") == ()


@pytest.mark.parametrize(
    "script",
    [
        "[[fault]\n",
        "[fault]\nact = 'jam'\n",
        "[[fault]]\npage = 1\n",
        "[[fault]]\nact = 'jam'\ncolour = 'red'\n",
        "[[fault]]\nact = 'jam'\nanswer = 418\n",
        "[[fault]]\nact = 'jam'\npage = 'two'\n",
        "[[faults]]\nact = 'jam'\n",
    ],
)
def test_a_script_that_cannot_be_meant_is_refused(script):
    with pytest.raises(ScanFault) as refused:
        parse_script(script)
    assert refused.value.code is FaultCode.BAD_SCRIPT


def test_files_lie_in_the_feeder_in_the_natural_order_of_their_names(tmp_path):
    for name in ("10.jpg", "2.jpg", "notes.txt"):
        (tmp_path / name).write_bytes(jpeg(len(name)))
    found = leaves_from_folder(tmp_path)
    assert [leaf(Ticket()) for leaf in found] == [
        (tmp_path / name).read_bytes() for name in ("2.jpg", "10.jpg")
    ]


@pytest.mark.parametrize(
    ("color", "kind", "mode", "form"),
    [
        ("RGB24", "image/jpeg", "RGB", "JPEG"),
        ("Grayscale8", "image/png", "L", "PNG"),
        ("BlackAndWhite1", "image/png", "1", "PNG"),
    ],
)
def test_another_ticket_makes_another_picture(tmp_path, color, kind, mode, form):
    (tmp_path / "1.jpg").write_bytes(written(picture(1, 1748, 2480), "JPEG", dpi=(300, 300)))
    ticket = Ticket(dpi=100, color=color, media_type=kind, region=(0, 0, 1748, 2480))
    with Image.open(BytesIO(leaf_from_file(tmp_path / "1.jpg")(ticket))) as page:
        assert (page.mode, page.format, page.size) == (mode, form, (583, 827))


def test_a_pdf_holds_the_page_and_a_turned_one_is_turned(tmp_path):
    (tmp_path / "1.png").write_bytes(written(picture(1, 583, 827), "PNG", dpi=(100, 100)))
    leaf = leaf_from_file(tmp_path / "1.png")
    with pikepdf.open(BytesIO(leaf(Ticket(dpi=100, media_type="application/pdf")))) as pdf:
        assert len(pdf.pages) == 1
    told = Ticket(dpi=100, media_type="image/png", region=(0, 0, 1749, 2481))
    turned = Ticket(dpi=100, media_type="image/png", region=(0, 0, 1749, 2481), turned=True)
    with Image.open(BytesIO(leaf(told))) as page, Image.open(BytesIO(leaf(turned))) as back:
        assert page.convert("RGB").transpose(Image.Transpose.ROTATE_180).tobytes() == back.tobytes()


def test_drawn_papers_are_the_same_each_time():
    first, again = drawn_leaves(2, 7), drawn_leaves(2, 7)
    assert [leaf(A5) for leaf in first] == [leaf(A5) for leaf in again]
    assert first[0](A5) != first[1](A5)


def test_the_core_answers_a_request_and_a_moment_and_nothing_else(tmp_path):
    machine = Machine(leaves(1), Profile())
    for request in (
        Request("GET", "/"),
        Request("POST", "/eSCL/ScanJobs", b"<nonsense/>"),
        Request("GET", "/eSCL/ScanJobs/1/NextDocument"),
        Request("DELETE", "/eSCL/ScanJobs/1"),
        Request("PUT", "/eSCL/ScanBufferInfo"),
    ):
        assert machine.handle(request, 0.0).status in (400, 404)
    assert machine.handle(Request("GET", "/eSCL/ScannerStatus"), 0.0).status == 200


def test_a_second_job_has_to_wait_and_an_abandoned_one_ends(tmp_path):
    tried = rig(tmp_path)
    order = order_for(ADF, tried.device.offer(ADF.source), Quirks())
    assert tried.device.create_job(order).status == 201
    again = tried.device.create_job(order)
    assert (again.status, again.headers["retry-after"]) == (503, "2")
    tried.hands.sleep(400)
    assert tried.device.create_job(order).status == 201


def test_the_page_handed_over_last_has_its_measures(tmp_path):
    tried = rig(tmp_path)
    tried.scan()
    job = tried.machine._jobs[0]
    told = tried.machine.handle(Request("GET", f"{job.path}/ScanImageInfo"), tried.hands.now)
    assert b"ActualWidth>2480<" in told.body


def test_every_profile_is_another_make():
    assert len({profile.make_model for profile in PROFILES.values()}) == len(PROFILES)
