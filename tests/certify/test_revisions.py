"""The byte-level grammar of revisions: its seven rules, and that no bytes make it raise."""

import re
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certify.pdf_bytes.revisions import Kind, house_faults, map_revisions
from certify.pdf_bytes.syntax import BrokenSyntax, inflate, read_dictionary, undo_up_predictor, value_end
from certify.verdict import FindingCode
from certify.verification.house_forms import CERTIFIED_COPY

sys.path.insert(0, str(Path(__file__).parent))
import attacks
import sample_copies


@pytest.fixture(scope="module")
def genuine() -> bytes:
    return sample_copies.genuine_copy()


def codes(pdf: bytes) -> set[FindingCode]:
    return {fault.code for fault in map_revisions(pdf).faults}


def house_codes(pdf: bytes) -> set[FindingCode]:
    found = map_revisions(pdf)
    return {fault.code for fault in house_faults(pdf, found, CERTIFIED_COPY.revisions)} | {
        fault.code for fault in found.faults
    }


def test_a_genuine_copy_breaks_no_rule(genuine):
    assert house_codes(genuine) == set()


def test_the_revisions_of_a_copy_read_as_they_were_made(genuine):
    kinds = "".join(revision.kind for revision in map_revisions(genuine).revisions)
    assert re.fullmatch("BBSSV+T", kinds)


def test_revisions_tile_the_file(genuine):
    revisions = map_revisions(genuine).revisions
    assert revisions[0].start == 0
    assert [one.start for one in revisions[1:]] == [one.end for one in revisions[:-1]]
    assert revisions[-1].end == len(genuine)


def test_each_signature_ends_with_its_own_revision(genuine):
    found = map_revisions(genuine)
    homes = [one.end for one in found.revisions if one.kind in {Kind.SIGNATURE, Kind.TIMESTAMP}]
    assert [signature.end for signature in found.signatures] == homes


def test_the_house_copy_breaks_no_rule(certified_copy):
    assert house_codes(certified_copy.path.read_bytes()) == set()


def test_rule_1_a_header_that_is_not_first(genuine):
    assert FindingCode.REVISION_CHAIN_BROKEN in codes(b"\n" + genuine)


def test_rule_2_a_chain_that_turns_back_on_itself(genuine):
    last, first = re.findall(rb"startxref\s+(\d+)", genuine)[-1], re.search(rb"/Prev (\d+)", genuine)
    looping = genuine[: first.start(1)] + last[: len(first.group(1))] + genuine[first.end(1) :]
    assert FindingCode.REVISION_CHAIN_BROKEN in codes(looping)


def test_rule_3_an_entry_that_leads_out_of_its_revision(genuine):
    table = genuine.rindex(b"xref", 0, genuine.rindex(b"startxref"))
    entry = re.compile(rb"\d{10} 00000 n").search(genuine, table)
    misled = genuine[: entry.start()] + b"0000000015" + genuine[entry.start() + 10 :]
    assert FindingCode.REVISION_CHAIN_BROKEN in codes(misled)


@pytest.mark.parametrize("attack", attacks.SIGNATURE_FORGERIES, ids=lambda one: one.__name__)
def test_rules_4_and_5_forged_signature_dictionaries(genuine, attack):
    assert house_codes(attack(genuine))


def test_rule_4_a_second_contents_in_the_same_dictionary(genuine):
    place = genuine.rindex(b"/ByteRange")
    assert codes(genuine[:place] + b"/Contents <00> " + genuine[place:])


def test_rule_5_mixed_case_in_any_contents(genuine):
    for start, end in attacks.contents_of(genuine):
        letter = re.compile(rb"[A-F]").search(genuine, start, end).start()
        mixed = attacks.with_byte(genuine, letter, genuine[letter] + 32)
        assert FindingCode.CONTENTS_NOT_CANONICAL in codes(mixed)


def test_rule_5_anything_but_zeros_behind_the_signature_value(genuine):
    for _, end in attacks.contents_of(genuine):
        assert FindingCode.CONTENTS_NOT_CANONICAL in codes(attacks.with_byte(genuine, end - 1, ord("1")))


@pytest.mark.parametrize("attack", attacks.APPENDED, ids=lambda one: one.__name__)
def test_rule_6_appended_bytes(genuine, attack):
    assert house_codes(attack(genuine)) & {FindingCode.APPENDED_BYTES, FindingCode.REVISION_CHAIN_BROKEN}


def test_rule_6_one_line_end_is_forgiven_to_strangers_only(genuine):
    assert codes(genuine + b"\r\n") == set()
    assert FindingCode.APPENDED_BYTES in house_codes(genuine + b"\r\n")


def test_rule_6_validation_data_behind_the_end_is_told_apart_from_changes(genuine):
    assert codes(attacks.add_validation_stream(genuine)) == {FindingCode.VALIDATION_DATA_APPENDED}
    for attack in (attacks.add_annotation, attacks.replace_page_content, attacks.ask_for_appearances):
        assert codes(attack(genuine)) == {FindingCode.APPENDED_BYTES}


def test_an_update_that_brings_no_evidence_is_no_validation_data(genuine):
    assert FindingCode.APPENDED_BYTES in codes(attacks.empty_update(genuine))


def test_rule_6_a_page_disguised_as_a_validation_stream_is_a_change(genuine):
    content = int(re.search(rb"/Contents (\d+) 0 R", genuine).group(1))
    body = b"%d 0 obj\n<< /Length 4 >>\nstream\n0 g \nendstream\nendobj\n" % content
    previous, root = int(re.findall(rb"startxref\s+(\d+)", genuine)[-1]), b"1 0 R"
    table = b"xref\n%d 1\n%010d 00000 n \n" % (content, len(genuine))
    trailer = b"trailer\n<< /Size 99 /Root %s /Prev %d >>\nstartxref\n%d\n%%%%EOF\n"
    forged = genuine + body + table + trailer % (root, previous, len(genuine) + len(body))
    assert codes(forged) == {FindingCode.APPENDED_BYTES}


def test_rule_7_an_object_that_no_table_lists(genuine):
    found = map_revisions(genuine)
    stamped = found.revisions[-1]
    loose = b"997 0 obj\n<< /Loose true >>\nendobj\n"
    place = stamped.section.start
    forged = genuine[:place] + loose + genuine[place:]
    forged = forged.replace(b"startxref\n%d" % place, b"startxref\n%d" % (place + len(loose)))
    assert FindingCode.REVISION_NOT_ALLOWED in house_codes(forged)


def test_rule_7_a_copy_cut_back_to_an_earlier_revision(genuine):
    for cut in attacks.cut_back(genuine):
        assert FindingCode.REVISION_NOT_ALLOWED in house_codes(cut) or codes(cut)


def test_byte_range_inside_a_stream_is_no_signature():
    paper = sample_copies.blank_paper()
    with_text = attacks.with_attached_text(paper, b"/ByteRange [0 1 2 3] /Contents <00>")
    found = map_revisions(with_text)
    assert found.signed_text
    assert found.signatures == ()
    assert found.faults == ()


def test_a_linearised_base_is_one_revision():
    found = map_revisions(attacks.linearised(sample_copies.blank_paper()))
    assert found.faults == ()
    assert len(found.revisions) == 1


def test_compressed_tables_are_read_like_plain_ones():
    compressed = attacks.with_compressed_tables(sample_copies.blank_paper())
    found = map_revisions(compressed)
    assert found.faults == ()
    assert found.revisions[0].section.form == "stream"
    assert found.revisions[0].section.compressed


@pytest.mark.parametrize(
    "bytes_", [b"", b"%PDF-1.7", b"startxref\n0\n%%EOF", b"%PDF-1.7\nxref\n0 9999999\ntrailer"]
)
def test_scraps_are_faults_and_no_errors(bytes_):
    assert codes(bytes_)


@given(st.binary(max_size=400))
def test_no_bytes_make_the_map_raise(bytes_):
    map_revisions(b"%PDF-1.7\n" + bytes_)


@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_no_damage_makes_the_map_raise(data):
    genuine = bytearray(sample_copies.genuine_copy())
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(genuine) - 1))
        genuine[place : place + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    damaged = bytes(genuine)
    house_faults(damaged, map_revisions(damaged), CERTIFIED_COPY.revisions)


def arrays(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.lists(inner, max_size=4).map(lambda parts: "[" + " ".join(parts) + "]")


ATOMS = st.sampled_from(["1", "/N", "(a(b)\\))", "<0a>", "true", "1 0 R"])


@given(st.recursive(ATOMS, arrays, max_leaves=12))
def test_a_value_ends_where_it_was_written_to_end(text):
    assert value_end(text.encode() + b" /Next", 0) == len(text)


def test_a_thousand_open_brackets_cost_nothing():
    with pytest.raises(BrokenSyntax):
        value_end(b"[" * 100_000, 0)


def test_a_key_that_stands_twice_is_refused():
    with pytest.raises(BrokenSyntax):
        read_dictionary(b"<< /A 1 /A 2 >>", 0)


def test_a_bomb_is_refused_before_it_unfolds():
    import zlib

    bomb = zlib.compress(bytes(200 << 20), 9)
    with pytest.raises(BrokenSyntax):
        inflate(bomb)


def test_rows_with_filter_up_are_added_to_the_row_above():
    assert undo_up_predictor(b"\x02\x01\x02\x02\x01\x01\x00\x05\x06", 2) == b"\x01\x02\x02\x03\x05\x06"
