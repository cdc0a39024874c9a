"""What machines tell over protocols that we do not scan by is read leniently, and never believed blindly."""

import socket
from contextlib import suppress
from uuid import UUID

import pytest
from defusedxml.ElementTree import fromstring
from hypothesis import given
from hypothesis import strategies as st

from scanner_adapters.asking import ipp, ledm, tickets, tree, walkup, wsd
from scanner_adapters.asking.asking import Way, as_json, ask_machine, way_to
from scanner_adapters.asking.walkup import Destination
from scanner_adapters.escl.status import Standing
from scanner_adapters.model import ColorMode, FaultCode, ScanFault, ScanSettings, ScanSource
from scanner_adapters.simulator.machine import Machine
from scanner_adapters.simulator.profile import Profile
from scanner_adapters.simulator.server import Place, serving
from tests.scanner_adapters import telling_machine as machine

GLASS, ADF, DUPLEX = ScanSource.FLATBED, ScanSource.ADF, ScanSource.ADF_DUPLEX
ALL = (ColorMode.BW, ColorMode.GRAY, ColorMode.COLOR)
XML_PARSERS = (
    *(wsd.parse_elements, ledm.parse_scan_caps, ledm.parse_scan_status, ledm.parse_job),
    *(tickets.parse_settings, tickets.parse_image_info, tree.parse_tree, tree.parse_manifest),
    *(tree.parse_events, walkup.parse_destinations, walkup.parse_capabilities, walkup.parse_event),
)
LEDM = {
    ("GET", tree.PLACE): machine.LEDM_TREE,
    ("GET", "/Scan/Manifest.xml"): machine.LEDM_MANIFEST,
    ("GET", "/Scan/Caps"): machine.ledm_caps(),
}
WSD = {("POST", "/WSDScanner"): machine.WSD_ELEMENTS}
IPP = {("POST", "/ipp/print"): machine.ipp_answer(*machine.IPP_PRINTER)}


def is_refused(parse, text):
    with pytest.raises(ScanFault) as refused:
        parse(text)
    return refused.value.code is FaultCode.PROTOCOL


# LEDM


def test_ledm_tells_the_glass_with_its_square_resolutions():
    found = ledm.parse_scan_caps(machine.ledm_caps())
    (glass,) = found.sources
    assert (found.make_model, found.id, glass.source) == ("Ward 100", "Ward 100", GLASS)
    assert (glass.colors, glass.resolutions) == (ALL, (300,))
    assert glass.media_types == ("application/octet-stream", "image/jpeg")
    assert glass.largest_mm == pytest.approx((215.9, 279.4))


@pytest.mark.parametrize(
    ("inside", "height"),
    [
        ("<AdfOptions><AdfOption>Duplex</AdfOption></AdfOptions>", 355.6),
        (
            (
                "<AdfDuplexer><AdfDuplexMaxWidth>2550</AdfDuplexMaxWidth>"
                "<AdfDuplexMaxHeight>3300</AdfDuplexMaxHeight></AdfDuplexer>"
            ),
            279.4,
        ),
    ],
)
def test_ledm_tells_both_sides_by_its_options_or_its_duplexer(inside, height):
    found = ledm.parse_scan_caps(machine.ledm_caps(machine.ledm_feeder(inside)))
    assert [source.source for source in found.sources] == [GLASS, ADF, DUPLEX]
    assert found.sources[-1].largest_mm == pytest.approx((215.9, height))
    assert found.sources[-1].resolutions == (200,)


def test_a_feeder_of_one_side_is_no_duplex():
    found = ledm.parse_scan_caps(machine.ledm_caps(machine.ledm_feeder("")))
    assert [source.source for source in found.sources] == [GLASS, ADF]


def test_ledm_tells_how_its_machine_and_jobs_stand():
    state = ledm.parse_scan_status(
        b"<ScanStatus><ScannerState>Idle</ScannerState><AdfState>Empty</AdfState></ScanStatus>"
    )
    assert (state.state, state.is_empty) == ("Idle", True)
    job = ledm.parse_job(b"<Job><JobUrl>/Jobs/1</JobUrl><JobState>Canceled</JobState></Job>")
    assert (job.path, job.standing, job.page) == ("/Jobs/1", Standing.CANCELED, None)
    page = ledm.parse_job(
        b"<Job><JobState>Processing</JobState><ScanJob><PreScanPage><PageNumber>2</PageNumber>"
        b"<BufferInfo><ImageWidth>10</ImageWidth></BufferInfo></PreScanPage></ScanJob></Job>"
    ).page
    assert page == ledm.LedmPage(2, "", width=10)


# Orders, trees, panels


@pytest.mark.parametrize(
    ("inside", "source", "color", "media_type"),
    [
        (
            "<InputSource>Adf</InputSource><ColorSpace>Gray</ColorSpace><BitDepth>1</BitDepth><Format>Raw</Format>",
            *(ADF, ColorMode.BW, "application/octet-stream"),
        ),
        (
            "<InputSource>Platen</InputSource><ColorMode>Grayscale8</ColorMode><DocumentFormat>image/png</DocumentFormat>",
            *(GLASS, ColorMode.GRAY, "image/png"),
        ),
        (
            "<InputSource>Feeder</InputSource><ColorMode>RGB24</ColorMode><Duplex>1</Duplex>",
            *(DUPLEX, ColorMode.COLOR, ""),
        ),
    ],
)
def test_an_order_is_read_in_either_dialect(inside, source, color, media_type):
    text = f"<ScanSettings><XResolution>200</XResolution><XStart>3</XStart>{inside}</ScanSettings>"
    asked = tickets.parse_settings(text.encode())
    assert asked == tickets.Asked(ScanSettings(source, color, 200), media_type, (3, 0, 0, 0))


def test_an_order_without_colour_or_resolution_is_none():
    assert is_refused(tickets.parse_settings, b"<ScanSettings><XResolution>200</XResolution></ScanSettings>")
    assert is_refused(tickets.parse_settings, b"<ScanSettings><ColorMode>RGB24</ColorMode></ScanSettings>")


def test_a_page_told_of_has_its_size():
    told = b"<ScanImageInfo><JobUri>http://x/eSCL/ScanJobs/7/</JobUri><ActualWidth>9</ActualWidth></ScanImageInfo>"
    assert tickets.parse_image_info(told) == tickets.ImageInfo("/eSCL/ScanJobs/7", 9, 0, 0)


def test_a_tree_leads_to_the_manifest_and_the_manifest_to_its_resources():
    found = tree.parse_tree(machine.LEDM_TREE)
    assert tree.path_of(found, tree.SCAN) == "/Scan/Manifest.xml"
    assert tree.path_of(found, tree.ESCL) == ""
    manifest = tree.parse_manifest(machine.LEDM_MANIFEST)
    assert (manifest.namespace, manifest.root) == ("urn:scan", "/Scan")
    assert manifest.resources == (
        tree.Resource("/Scan/Caps", "ScanCaps", ("Get",)),
        tree.Resource("/Scan/Jobs", "", ()),
        tree.Resource("/Scan/Jobs/{id}", "", ()),
    )


def test_a_manifest_without_resources_is_an_empty_one():
    assert tree.parse_manifest(b"<Manifest/>") == tree.Manifest("", "", ())


def test_events_tell_what_they_are_about():
    (event,) = tree.parse_events(
        b"<EventTable><Event><UnqualifiedEventCategory>ScanEvent</UnqualifiedEventCategory>"
        b"<AgingStamp>1-2</AgingStamp><Payload><ResourceURI>/a</ResourceURI>"
        b"<ResourceType>wus:A</ResourceType></Payload></Event></EventTable>"
    )
    assert event == tree.Event("ScanEvent", "1-2", (tree.Branch("/a", "A"),))


def test_the_panel_lists_computers_or_tells_of_one():
    told = b"<Name>PC 1</Name><Hostname>pc1</Hostname>"
    one = b"<WalkupScanToCompDestination>" + told + b"</WalkupScanToCompDestination>"
    assert walkup.parse_destinations(one) == (Destination("PC 1", "pc1", ""),)
    many = b"<WalkupScanToCompDestinations>" + one * 2 + b"</WalkupScanToCompDestinations>"
    assert len(walkup.parse_destinations(many)) == 2


@pytest.mark.parametrize(
    ("told", "seconds"), [("60", 60.0), ("1.5", 1.5), ("soon", 0.0), ("", 0.0), ("1e9", 0.0)]
)
def test_the_panel_tells_its_patience(told, seconds):
    text = (
        f"<WalkupScanToCompCaps><UserActionTimeout><ValueFloat>{told}</ValueFloat></UserActionTimeout>"
        "<ShortcutSupport><Shortcut>SavePDF</Shortcut></ShortcutSupport></WalkupScanToCompCaps>"
    )
    found = walkup.parse_capabilities(text.encode())
    assert (found.seconds, found.shortcuts, found.many_from_glass) == (seconds, ("SavePDF",), False)


def test_what_was_pressed_is_told():
    told = b"<WalkupScanToCompEventType>ScanRequested</WalkupScanToCompEventType>"
    text = b"<WalkupScanToCompEvent>" + told + b"</WalkupScanToCompEvent>"
    assert walkup.parse_event(text) == "ScanRequested"


# WSD


def test_wsd_tells_sources_with_what_is_offered_across_and_down():
    found = wsd.parse_elements(machine.WSD_ELEMENTS)
    glass, feeder = found.sources
    assert (found.make_model, glass.source, feeder.source) == ("Ward 200", GLASS, ADF)
    assert (glass.resolutions, feeder.resolutions, glass.optical_dpi) == ((300,), (200,), 600)
    assert (glass.colors, glass.media_types) == ((ColorMode.COLOR,), ("image/jpeg", "image/tiff", "strange"))
    assert glass.largest_mm == pytest.approx((215.9, 297.18))


def test_an_envelope_without_a_scanner_is_refused():
    fault = b"<s:Envelope xmlns:s='s'><s:Body><s:Fault/></s:Body></s:Envelope>"
    assert is_refused(wsd.parse_elements, fault)


def test_the_question_for_wsd_is_an_envelope_to_its_own_address():
    order = wsd.elements_request("http://192.0.2.7:5358/WSDScanner", UUID(int=7))
    told = {element.tag.rsplit("}")[-1]: element.text for element in fromstring(order).iter()}
    assert told["To"] == "http://192.0.2.7:5358/WSDScanner"
    assert told["Action"].endswith("/wdp/scan/GetScannerElements")
    assert told["MessageID"] == "urn:uuid:00000000-0000-0000-0000-000000000007"


# IPP


def test_ipp_tells_the_printer():
    found = ipp.parse_printer(machine.ipp_answer(*machine.IPP_PRINTER))
    assert (found.make_model, found.location) == ("Ward 300 MFP", "Tầng")
    assert found.uuid == "abcdef00-0000-4000-8000-000000000001"
    assert (found.resolutions, found.papers_mm) == (((600, 300),), ((210.0, 297.0),))
    assert found.sides == ("one-sided", "two-sided-long-edge")


def test_ipp_tells_every_kind_of_value():
    told = ipp.parse_attributes(machine.ipp_answer(*machine.IPP_PRINTER))
    assert (told["copies-supported"], told["color-supported"]) == (((1, 99),), (True,))
    assert told["printer-geo-location"] == (None,)
    assert told["media-size-supported"][1] == {"x-dimension": ((1, 2),)}
    assert "attributes-charset" not in told


def test_the_question_for_ipp_is_one_that_its_reader_understands():
    question = ipp.attributes_request("ipp://192.0.2.7/ipp/print")
    assert question[:8] == b"\x02\x00\x00\x0b\x00\x00\x00\x01"
    assert question.endswith(b"\x00\x0bprinter-uri\x00\x19ipp://192.0.2.7/ipp/print\x03")


NESTED = b"".join(machine.ipp_attribute(0x34, "" if depth else "deep", b"") for depth in range(20))


@pytest.mark.parametrize(
    "answer",
    [
        *(b"", b"HTTP", machine.ipp_answer(status=0x0406), machine.ipp_answer(version=9)),
        machine.ipp_answer(machine.ipp_attribute(0x21, "short", b"\x00")),
        machine.ipp_answer(machine.ipp_attribute(0x41, "x", b"y"))[:-6],
        machine.ipp_answer(NESTED),
        machine.ipp_answer() + b"\0" * 1_000_001,
        machine.ipp_answer(b"\x41\x00\x01\xff\x00\x00"),
    ],
)
def test_what_is_no_whole_ipp_answer_is_refused(answer):
    assert is_refused(ipp.parse_printer, answer)


@given(st.integers(0, 10_000), st.binary(max_size=4))
def test_an_ipp_answer_cut_or_spoilt_anywhere_is_understood_or_refused(place, bytes_there):
    whole = machine.ipp_answer(*machine.IPP_PRINTER)
    at = place % len(whole)
    assert is_refused(ipp.parse_printer, whole[:at])
    with suppress(ScanFault):
        ipp.parse_printer(whole[:at] + bytes_there + whole[at + len(bytes_there) :])


# All of them


@pytest.mark.parametrize("parse", XML_PARSERS)
@pytest.mark.parametrize(
    "text",
    [
        *(b"", b"<html/>", b"<!doctype html><html></html>", b"<ScanCaps", b"\xff\xfe\x00"),
        b'<!DOCTYPE x [<!ENTITY a "aaaa">]><ScanCaps>&a;</ScanCaps>',
        b"<ScanCaps>" + b" " * 1_000_001 + b"</ScanCaps>",
        b"<ScanCaps>" + b"<a>" * 100 + b"</a>" * 100 + b"</ScanCaps>",
    ],
    ids=["empty", "html", "doctype", "cut", "binary", "bomb", "large", "deep"],
)
def test_what_is_no_such_answer_is_refused(parse, text):
    assert is_refused(parse, text)


def test_prefixes_that_a_machine_never_declares_are_taken_as_they_are():
    told = (
        b'<?xml version="1.0"?><!-- a:b --><wus:WalkupScanToCompCaps xsi:schemaLocation="x" dd:a="b">'
        b"<wus:MaxNetworkDestinations>15</wus:MaxNetworkDestinations></wus:WalkupScanToCompCaps>"
    )
    assert walkup.parse_capabilities(told).most_destinations == 15
    assert is_refused(walkup.parse_capabilities, told.replace(b"</wus:Max", b"</dd:Max"))
    many = b"".join(b"<p%d:a/>" % number for number in range(100))
    assert is_refused(
        walkup.parse_capabilities, b"<WalkupScanToCompCaps>" + many + b"</WalkupScanToCompCaps>"
    )


# Asking a machine


@pytest.mark.parametrize(
    ("answers", "way", "protocol", "name"),
    [
        (LEDM, Way.LEDM, "LEDM", "Ward 100"),
        (WSD, Way.WSD, "WSD", "Ward 200"),
        (IPP, Way.NONE, "IPP", "Ward 300 MFP"),
        ({("GET", tree.PLACE): b"<DiscoveryTree/>"}, Way.NONE, "LEDM", ""),
    ],
)
def test_a_machine_without_escl_tells_what_it_does_speak(answers, way, protocol, name):
    with machine.telling(answers) as address:
        spoken = ask_machine(address)
    assert [(one.protocol, one.name) for one in spoken] == [(protocol, name)]
    assert address in spoken[0].address
    assert way_to(spoken) is way


def test_a_machine_is_asked_for_everything_at_once_and_the_best_way_wins():
    with machine.telling({**LEDM, **WSD, **IPP}) as address:
        spoken = ask_machine(f"http://{address}/")
    assert {one.protocol for one in spoken} == {"LEDM", "WSD", "IPP"}
    assert way_to(spoken) is Way.WSD


def test_a_machine_that_speaks_escl_is_told_with_the_address_to_scan_by():
    with serving(Machine([], Profile(), ()), Place()) as url:
        spoken = ask_machine(url.removesuffix("/eSCL"))
    assert [(one.protocol, one.address) for one in spoken] == [("eSCL", f"escl:{url}")]
    assert way_to(spoken) is Way.ESCL
    told = as_json(spoken[0])["sources"][0]
    assert (told["source"], told["largest_mm"]) == ("flatbed", [215.9, 297.0])


@pytest.mark.parametrize("answers", [{}, {("GET", tree.PLACE): b"<html/>"}, {("POST", "/ipp/print"): b""}])
def test_a_host_that_speaks_none_of_them_is_no_machine(answers):
    with machine.telling(answers) as address, pytest.raises(ScanFault, match="OFFLINE"):
        ask_machine(address)


def test_nobody_there_is_told(unused_port):
    for address in (f"127.0.0.1:{unused_port}", "127.0.0.1:0", "ftp://x", "[::1"):
        with pytest.raises(ScanFault, match="OFFLINE"):
            ask_machine(address)


@pytest.fixture
def unused_port():
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return held.getsockname()[1]
