"""Backends' own words for sources, colours and resolutions are understood; unknown ones are left out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner_adapters.model import ColorMode, FaultCode, ScanFault, ScanSettings, ScanSource
from scanner_adapters.sane.options import can_do, read_options, source_words, word_for

FLATBED, ADF, DUPLEX = ScanSource.FLATBED, ScanSource.ADF, ScanSource.ADF_DUPLEX
BROTHER = """
    --mode Black & White|Gray[Error Diffusion]|True Gray|24bit Color|24bit Color[Fast] [24bit Color[Fast]]
        Select the scan mode
    --resolution 100|150|200|300|400|600|1200|2400|4800|9600dpi [200]
    --source FlatBed|{feeder}(left aligned)|{feeder}(left aligned,Duplex) [FlatBed]
    -x 0..215.9mm (in steps of 0.0999908) [215.88]
    -y 0..355.6mm (in steps of 0.0999908) [355.567]
    --brightness -50..50% (in steps of 1) [inactive]
""".replace("{feeder}", "Automatic Document Feeder")
EPSON = """
    --source Flatbed|Automatic Document Feeder|Transparency Unit [Flatbed]
    --mode Lineart|Gray|Color [Lineart]
    --adf-mode Simplex|Duplex [Simplex]
    --resolution auto||75|300|600dpi [75]
"""
NAMES = {
    "Flatbed|ADF|ADF Duplex": {FLATBED: "Flatbed", ADF: "ADF", DUPLEX: "ADF Duplex"},
    "ADF Front|ADF Back|ADF Duplex": {ADF: "ADF Front", DUPLEX: "ADF Duplex"},
    "Normal|ADF|ADF Rear|ADF Duplex": {FLATBED: "Normal", ADF: "ADF", DUPLEX: "ADF Duplex"},
    "Flatbed|Transparency Adapter|TMA Slides": {FLATBED: "Flatbed"},
    "Document Table|Unheard of": {},
}


@pytest.mark.parametrize("names", NAMES)
def test_sources_are_known_by_what_they_are_called(names):
    options = read_options(f"    --source {names} [{names.split('|')[0]}]")
    assert source_words(options, {}) == NAMES[names]


def test_an_administrator_may_say_what_a_source_is_called():
    options = read_options("    --source Document Table|ADF [ADF]")
    assert source_words(options, {FLATBED: "Document Table"}) == {FLATBED: "Document Table", ADF: "ADF"}


def test_a_device_of_many_words_is_asked_in_its_own():
    options = read_options(BROTHER)
    sources = source_words(options, {})
    assert set(sources) == {FLATBED, ADF, DUPLEX}
    told = can_do(ADF, options)
    assert told.colors == (ColorMode.COLOR, ColorMode.GRAY, ColorMode.BW)
    assert (told.resolutions[0], told.resolutions[-1], told.largest_mm) == (100, 9600, (215.9, 355.6))
    asked = word_for(ScanSettings(DUPLEX, ColorMode.GRAY, 250), options, sources)
    assert asked.arguments[:3] == (
        "--source=Automatic Document Feeder(left aligned,Duplex)",
        "--mode=True Gray",
        "--resolution=300",
    )
    assert (asked.effective.dpi, asked.area_mm) == (300, (210.0, 297.0))
    color = word_for(ScanSettings(FLATBED), options, sources)
    assert "--mode=24bit Color" in color.arguments


@pytest.mark.parametrize(("source", "word"), [(ADF, "Simplex"), (DUPLEX, "Duplex")])
def test_a_switch_beside_the_feeder_turns_the_sheets(source, word):
    options = read_options(EPSON)
    asked = word_for(ScanSettings(source), options, source_words(options, {}))
    assert asked.arguments[:2] == ("--source=Automatic Document Feeder", f"--adf-mode={word}")


def test_black_and_white_may_be_grey_of_one_bit():
    options = read_options("    --mode Gray|Color [Gray]\n    --depth 1|8|16 [8]")
    asked = word_for(ScanSettings(FLATBED, ColorMode.BW), options, {FLATBED: ""})
    assert asked.arguments == ("--mode=Gray", "--depth=1")


def test_where_a_colour_lacks_what_keeps_most_is_asked_for():
    options = read_options("    --mode Lineart|Gray [Gray]")
    asked = word_for(ScanSettings(FLATBED, ColorMode.COLOR), options, {FLATBED: ""})
    assert (asked.arguments, asked.effective.color) == (("--mode=Gray",), ColorMode.GRAY)


def test_a_source_that_lacks_is_refused():
    with pytest.raises(ScanFault) as refused:
        word_for(ScanSettings(DUPLEX), {}, {FLATBED: ""})
    assert refused.value.code is FaultCode.BAD_SETTINGS


@given(st.text("-= |.[]()0123456789abcdpi\n", max_size=400))
def test_no_list_of_options_makes_the_reading_fail(printed):
    options = read_options("    --mode " + printed)
    for source in source_words(options, {}):
        can_do(source, options)
