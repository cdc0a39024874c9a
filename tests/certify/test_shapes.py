"""The rules that say what an object of a file may be: each names the place of what it does not allow."""

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, String

from certify.signing.shapes import each, named, number, numbers, one_of, plain, points_to, shape, stream, text


@pytest.fixture(scope="module")
def file():
    with pikepdf.new() as document:
        yield document


def told(rule, thing):
    return list(rule(thing, "at"))


def test_a_shape_has_its_keys_and_no_others(file):
    rule = shape({"/Type": one_of("/Page"), "/Rotate": number}, "/Type")
    assert told(rule, Dictionary(Type=Name.Page, Rotate=90)) == []
    assert told(rule, Dictionary(Type=Name.Page, AA=1)) == ["at/AA is not ours"]
    assert told(rule, Dictionary(Rotate=90)) == ["at/Type is missing"]
    assert told(rule, Dictionary(Type=Name.Font)) == ["at/Type: '/Font'"]
    for other in (Array([1]), String("x"), Name.Page, 7, file.make_stream(b"")):
        assert told(rule, other)


def test_a_stream_is_no_dictionary_and_a_dictionary_no_stream(file):
    rule = stream({"/Type": one_of("/XObject")})
    assert told(rule, file.make_stream(b"q Q", Type=Name.XObject)) == []
    assert told(rule, file.make_stream(b"q Q", F=String("elsewhere"))) == ["at/F is not ours"]
    assert told(rule, Dictionary(Type=Name.XObject)) == ["at: no stream"]


def test_a_list_holds_what_its_rule_allows_and_says_which_does_not():
    assert told(numbers, Array([1, 2.5])) == []
    assert told(numbers, Array([1, Name.One])) == ["at[1]: no number"]
    assert told(each(text), Array([String("một"), 2])) == ["at[1]: no text"]
    assert told(numbers, Dictionary()) == ["at: no array"]


def test_a_dictionary_of_given_names_holds_values_of_one_kind():
    rule = named(number)
    assert told(rule, Dictionary(F1=1, F2=2)) == []
    assert told(rule, Dictionary(F1=1, F2=String("2"))) == ["at/F2: no number"]
    assert told(rule, Array([1])) == ["at: no dictionary"]


def test_a_reference_leads_back_to_what_is_judged_elsewhere(file):
    page, other = (file.make_indirect(Dictionary(Type=Name.Page)) for _ in range(2))
    assert told(points_to(page), page) == []
    assert told(points_to(page), other) == ["at: points elsewhere"]
    assert told(points_to(page), 12) == ["at: points elsewhere"]


def test_a_plain_value_is_small_and_hides_no_stream(file):
    assert told(plain, Dictionary(S=Name.D, W=Array([1, String("x")]))) == []
    assert told(plain, Dictionary(S=Array([file.make_stream(b"")]))) == ["at/S is no plain value"]
    deep = Name.End
    for _ in range(4):
        deep = Dictionary(K=deep)
    assert told(plain, deep) == ["at/K/K/K/K is no plain value"]
