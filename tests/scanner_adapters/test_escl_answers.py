"""What machines send is read leniently where makes differ, and refused where it is no eSCL at all."""

import contextlib
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner_adapters.escl.capabilities import parse_capabilities
from scanner_adapters.escl.elements import ESCL, PWG
from scanner_adapters.escl.height import with_height
from scanner_adapters.escl.orders import Offer, fallback, order_for, to_xml
from scanner_adapters.escl.quirks import Quirks
from scanner_adapters.escl.status import FEEDER_FAULTS, DeviceStatus, Standing, job_path, parse_status
from scanner_adapters.model import (
    Capabilities,
    ColorMode,
    FaultCode,
    ScanFault,
    ScanSettings,
    ScanSource,
    SourceCapabilities,
)
from scanner_adapters.simulator.answers import capabilities_xml
from scanner_adapters.simulator.profile import Profile
from scanner_adapters.simulator.script import FEEDER_WORDS, Act
from scanner_adapters.simulator.tickets import read_ticket
from tests.scanner_adapters.escl_rig import rig, stack_of
from tests.scanner_adapters.scan_files import jpeg

SPACES = f'xmlns:scan="{ESCL}" xmlns:pwg="{PWG}"'
BOMB = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>
<scan:ScannerStatus xmlns:scan="s">&b;</scan:ScannerStatus>"""


def caps(inside: str, spaces: str = SPACES) -> Capabilities:
    return parse_capabilities(
        f"<scan:ScannerCapabilities {spaces}>{inside}</scan:ScannerCapabilities>".encode()
    )


def source(inside: str, spaces: str = SPACES) -> SourceCapabilities:
    glass = f"<scan:PlatenInputCaps>{inside}</scan:PlatenInputCaps>"
    return caps(f"<scan:Platen>{glass}</scan:Platen>", spaces).sources[0]


def state(inside: str) -> DeviceStatus:
    return parse_status(f"<scan:ScannerStatus {SPACES}>{inside}</scan:ScannerStatus>".encode())


@pytest.mark.parametrize("parse", [parse_capabilities, parse_status])
@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"<!doctype html><html><body>Login</body></html>",
        b"<html/>",
        b"<scan:ScannerStatus",
        b"\xff\xfe\x00",
        BOMB,
        b"<a>" * 5000 + b"</a>" * 5000,
        b"<ScannerStatus>" + b"x" * 1_000_001 + b"</ScannerStatus>",
        b'<?xml version="1.0" encoding="klingon"?><ScannerStatus/>',
    ],
    ids=["nothing", "login", "html", "half", "utf-16", "bomb", "deep", "huge", "encoding"],
)
def test_what_is_no_answer_is_refused_without_falling_over(parse, text):
    with pytest.raises(ScanFault) as refused:
        parse(text)
    assert refused.value.code is FaultCode.PROTOCOL


@given(st.binary(max_size=300))
def test_no_bytes_make_the_reader_fall_over(noise):
    for parse in (parse_capabilities, parse_status):
        for text in (noise, b"<ScannerStatus>" + noise + b"</ScannerStatus>"):
            with contextlib.suppress(ScanFault):
                parse(text)


def test_namespaces_and_prefixes_may_drift():
    drifted = (
        'xmlns:scan="http://schemas.hp.com/imaging/escl/2019/01/01" xmlns:pwg="http://elsewhere.example"'
    )
    found = source("<pwg:MaxWidth>2550</pwg:MaxWidth><scan:MaxHeight>3508</scan:MaxHeight>", drifted)
    assert found.largest_mm == pytest.approx((215.9, 297.01), abs=0.01)


def test_non_square_resolutions_are_left_out_and_ranges_are_read():
    pairs = [(200, 100), (300, 300), (600, 600), (200, 400)]
    one = "".join(
        f"<scan:DiscreteResolution><scan:XResolution>{x}</scan:XResolution>"
        f"<scan:YResolution>{y}</scan:YResolution></scan:DiscreteResolution>"
        for x, y in pairs
    )
    profile = f"<scan:SettingProfile>{one}</scan:SettingProfile>"
    assert source(f"<scan:SettingProfiles>{profile}</scan:SettingProfiles>").resolutions == (300, 600)
    ends = "<scan:Min>75</scan:Min><scan:Max>1200</scan:Max><scan:Step>1</scan:Step>"
    found = source(f"<scan:SupportedResolutions><a:X xmlns:a='x'/>{ranged(ends)}</scan:SupportedResolutions>")
    assert (found.resolutions, found.resolution_range) == ((), (75, 1200))


def ranged(ends: str) -> str:
    return (
        f"<scan:ResolutionRange><scan:XResolutionRange>{ends}</scan:XResolutionRange></scan:ResolutionRange>"
    )


def test_a_profile_may_stand_elsewhere():
    mode = "<scan:ColorModes><scan:ColorMode>Grayscale8</scan:ColorMode></scan:ColorModes>"
    found = caps(
        f'<scan:Shared><scan:SettingProfile name="p">{mode}</scan:SettingProfile></scan:Shared>'
        "<scan:Adf><scan:AdfSimplexInputCaps><scan:SettingProfiles>"
        '<scan:SettingProfile ref="p"/></scan:SettingProfiles></scan:AdfSimplexInputCaps></scan:Adf>'
    )
    assert [(one.source, one.colors) for one in found.sources] == [(ScanSource.ADF, (ColorMode.GRAY,))]


def test_the_machine_is_known_by_what_it_tells():
    assert caps("<scan:UUID>urn:uuid:ABC</scan:UUID>").id == "abc"
    assert caps("<pwg:SerialNumber>S1</pwg:SerialNumber>").id == "S1"
    assert caps("<pwg:MakeAndModel>M</pwg:MakeAndModel>").id == "M"


def test_every_word_of_the_simulated_feeder_is_understood():
    for act, word in FEEDER_WORDS.items():
        found = state(f"<scan:AdfState>{word}</scan:AdfState>")
        assert found.is_empty if act is Act.EMPTY else found.feeder_fault in FEEDER_FAULTS.values()


@pytest.mark.parametrize("word", ["ScannedAdfLoaded", "ScannerAdfLoaded", "AdfLoaded", "Loaded"])
def test_a_misspelt_state_is_understood_and_an_unknown_one_is_no_fault(word):
    assert state(f"<scan:AdfState>{word}</scan:AdfState>").feeder == "loaded"
    strange = state("<scan:AdfState>ScannerAdfOnFire</scan:AdfState>")
    assert (strange.feeder_fault, strange.is_empty) == (None, False)


@pytest.mark.parametrize(
    ("told", "path"),
    [
        ("/eSCL/ScanJobs/1/", "/eSCL/ScanJobs/1"),
        ("http://printer.local:80/eSCL/ScanJobs/1", "/eSCL/ScanJobs/1"),
        ("http://[fe80::1%eth0:/eSCL/ScanJobs/1", "/eSCL/ScanJobs/1"),
        ("eSCL/ScanJobs/urn:uuid:1", "/eSCL/ScanJobs/urn:uuid:1"),
    ],
)
def test_of_a_jobs_address_only_the_path_counts(told, path):
    assert job_path(told) == path


def test_standing_that_nobody_knows_is_unknown():
    told = "<pwg:JobUri>/a</pwg:JobUri><pwg:JobState>Dreaming</pwg:JobState>"
    found = state(f"<scan:Jobs><scan:JobInfo>{told}</scan:JobInfo></scan:Jobs>")
    assert found.job("/a/").standing is Standing.UNKNOWN


OFFERED = SourceCapabilities(
    ScanSource.ADF,
    (ColorMode.COLOR, ColorMode.GRAY),
    ("image/jpeg", "image/png"),
    (100, 200, 300),
    None,
    (100, 100),
)


def order(asked=None, offered=OFFERED, quirks=None, version="2.63"):
    offer = Offer(Capabilities("id", "make", "", (offered,)), version, ("TextAndGraphic",))
    return order_for(asked or ScanSettings(ScanSource.ADF), offer, quirks or Quirks())


def test_an_order_fits_what_is_offered_and_tells_what_changed():
    made = order(ScanSettings(ScanSource.ADF, ColorMode.BW, 250))
    assert (made.settings.color, made.settings.dpi, made.media_type) == (ColorMode.GRAY, 300, "image/jpeg")
    assert made.adjusted == ("color: bw1 → gray8", "dpi: 250 → 300")
    assert made.region == (1181, 1181)
    assert order(ScanSettings(ScanSource.ADF, dpi=1200)).settings.dpi == 300
    assert order(version="nonsense").version == "2.0"
    assert order(version="2.97").version == "2.63"


def test_a_range_and_a_silent_source_are_fitted_too():
    ranged = SourceCapabilities(ScanSource.ADF, resolution_range=(75, 200))
    assert order(offered=ranged).settings.dpi == 200
    silent = order(offered=SourceCapabilities(ScanSource.ADF))
    assert (silent.settings, silent.region, silent.media_type) == (
        ScanSettings(ScanSource.ADF),
        (2480, 3508),
        "image/jpeg",
    )


def test_a_refused_order_has_one_fallback_or_none():
    bw = SourceCapabilities(
        ScanSource.ADF, (ColorMode.BW, ColorMode.GRAY), ("image/png", "image/jpeg"), (300,)
    )
    first = order(ScanSettings(ScanSource.ADF, ColorMode.BW), bw)
    assert first.media_type == "image/png"
    second = fallback(first, bw)
    assert (second.settings.color, second.media_type) == (ColorMode.GRAY, "image/jpeg")
    assert fallback(second, bw) is None


@given(
    st.sampled_from([ScanSource.ADF, ScanSource.ADF_DUPLEX, ScanSource.FLATBED]),
    st.sampled_from(list(ColorMode)),
    st.integers(1, 2000),
)
def test_the_simulated_machine_reads_every_order_as_it_was_meant(where, color, dpi):
    offer = Offer(parse_capabilities(capabilities_xml(Profile())), "2.63", ("TextAndGraphic",))
    made = order_for(ScanSettings(where, color, dpi), offer, Quirks())
    ticket = read_ticket(to_xml(made))
    assert (ticket.dpi, ticket.media_type, ticket.region[2:]) == (
        made.settings.dpi,
        made.media_type,
        made.region,
    )
    assert ticket.from_feeder == (where is not ScanSource.FLATBED)
    assert ticket.duplex == (where is ScanSource.ADF_DUPLEX)


def feeders_jpeg(seed: int) -> bytes:
    """A whole JPEG whose header does not know its height; the DNL segment behind the picture does."""
    whole = jpeg(seed, 64, 48)
    at = whole.index(b"\xff\xc0") + 5
    return (
        whole[:at]
        + b"\xff\xff"
        + whole[at + 2 : -2]
        + b"\xff\xdc\x00\x04"
        + struct.pack(">H", 48)
        + b"\xff\xd9"
    )


def test_a_page_whose_height_comes_last_is_taken_with_it(tmp_path):
    tried = rig(tmp_path)
    tried.machine._leaves = (lambda _ticket: feeders_jpeg(1), lambda _ticket: feeders_jpeg(2))
    done = tried.scan()
    assert [(page.width, page.height) for page in done.pages] == [(64, 48), (64, 48)]
    assert all("height_restored" in page.flags for page in done.pages)
    assert done.fault is None


@given(st.binary(max_size=60))
def test_a_height_is_restored_only_where_one_is_told(noise):
    assert with_height(noise) is None
    assert with_height(b"\xff\xd8" + noise + b"\xff\xdc\x00\x04\x00\x10\xff\xd9") is None or b"\xff" in noise
    assert with_height(stack_of(1)[0]) is None
