"""Three lights: no failure may hide behind them."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from certify.verdict import INDICATION_OF, Finding, FindingCode, Indication, SignatureReport, Verdict, worst
from office.web.screens.check.lights import FAMILIES, lights
from office.web.words import words_in

NOON = datetime(2026, 5, 4, 5, tzinfo=UTC)
WORDS = words_in("vi")
HEAVIER = ("done", "look", "bad")


def signature(indication=Indication.TOTAL_PASSED, **told):
    values = {"field": "OfficerSignature", "signer": "Trần Văn Mẫu", "sub_indication": None, "level": "B-LTA"}
    values |= {"signed_at": NOON, "timestamped_at": NOON, "covers_whole_file": True, "specimen": True}
    return SignatureReport(indication=indication, **{**values, **told})


def verdict(codes=(), signatures=()):
    findings = tuple(Finding(1, code, "ISO 32000-2") for code in codes)
    said = worst((*(f.indication for f in findings), *(s.indication for s in signatures)))
    return Verdict(indication=said, signatures=tuple(signatures), findings=findings)


def families(told):
    return [lamp.family for lamp in lights(told, WORDS)]


def test_a_good_copy_shows_three_good_lights_with_names_and_the_proved_time():
    content, signers, time = lights(
        verdict(signatures=[signature(), signature(signer="UBND phường Mẫu")]), WORDS
    )
    assert [content.family, signers.family, time.family] == ["done"] * 3
    assert signers.words == "Trần Văn Mẫu; UBND phường Mẫu"
    assert time.words == "04/05/2026 12:00, theo dấu thời gian"


@given(st.sets(st.sampled_from(FindingCode), min_size=1), st.sampled_from(Indication))
def test_the_worst_light_is_as_bad_as_the_verdict(codes, indication):
    told = verdict(codes, [signature(indication)])
    shown = max(families(told), key=HEAVIER.index)
    assert HEAVIER.index(shown) >= HEAVIER.index(FAMILIES[told.indication])


@given(st.sampled_from([code for code in FindingCode if INDICATION_OF[code] is Indication.TOTAL_FAILED]))
def test_each_single_failure_turns_a_light_red(code):
    assert "bad" in families(verdict([code], [signature()]))


def test_a_failed_verdict_without_findings_is_red_all_the_same():
    assert families(Verdict(Indication.TOTAL_FAILED, (signature(),), ()))[0] == "bad"


def test_without_a_signature_nothing_is_vouched_for():
    assert families(verdict([FindingCode.NO_SIGNATURE])) == ["look", "look", "look"]


def test_a_time_that_only_the_signer_claims_is_no_good_light():
    told = lights(verdict(signatures=[signature(timestamped_at=None)]), WORDS)
    assert told[2].family == "look"
    assert told[2].words.endswith("người ký tự khai")


def test_an_unknown_signer_is_a_third_answer_and_no_forgery():
    assert families(verdict(signatures=[signature(Indication.INDETERMINATE)])) == ["done", "look", "done"]
