"""What counts is named, each until its day; what nobody named never does."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from asn1crypto import algos, keys
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from certify.algorithms import LIST, AgreedAlgorithms, is_agreed_digest, load_agreed

NOW = datetime(2026, 11, 30, tzinfo=UTC)
END = date(2030, 1, 1)
BEFORE, AFTER = datetime(2029, 12, 31, 23, 59, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC)


def public(private):
    der = private.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return keys.PublicKeyInfo.load(der)


P256 = public(ec.generate_private_key(ec.SECP256R1()))
P224 = public(ec.generate_private_key(ec.SECP224R1()))
RSA_2048 = public(rsa.generate_private_key(65537, 2048))
RSA_1024 = public(rsa.generate_private_key(65537, 1024))  # noqa: S505 to be refused


def signed(name, key, moment=NOW, agreed=None):
    algorithm = algos.SignedDigestAlgorithm({"algorithm": name})
    return AgreedAlgorithms(agreed).signature_algorithm_allowed(algorithm, moment, key)


@pytest.mark.law("L40")
@pytest.mark.parametrize(
    ("name", "key", "counts"),
    [
        ("sha256_ecdsa", P256, True),
        ("sha256_rsa", RSA_2048, True),
        ("sha512_rsa", RSA_2048, True),
        ("sha256_ecdsa", P224, False),
        ("sha256_rsa", RSA_1024, False),
        ("sha1_rsa", RSA_2048, False),
        ("sha1_ecdsa", P256, False),
        ("md5_rsa", RSA_2048, False),
        ("sha256_dsa", None, False),
        ("ed25519", None, True),
    ],
)
def test_digests_keys_and_curves_count_only_when_they_are_named(name, key, counts):
    told = signed(name, key)
    assert bool(told) is counts
    assert (told.failure_reason is None) is counts


def ending(**what):
    agreed = load_agreed()
    return replace(agreed, **{name: {**getattr(agreed, name), **ends} for name, ends in what.items()})


@pytest.mark.parametrize(
    ("agreed", "name", "key"),
    [
        (ending(digests={"sha256": END}), "sha256_ecdsa", P256),
        (ending(curves={"secp256r1": END}), "sha256_ecdsa", P256),
        (ending(rsa={2048: END}), "sha256_rsa", RSA_2048),
        (ending(edwards={"ed25519": END}), "ed25519", None),
    ],
)
def test_what_ends_on_a_day_counts_before_it_and_no_longer_from_it_on(agreed, name, key):
    assert signed(name, key, BEFORE, agreed)
    over = signed(name, key, AFTER, agreed)
    assert not over
    assert over.not_allowed_after == AFTER
    assert "2030-01-01" in over.failure_reason


def test_a_longer_key_outlives_a_shorter_one():
    agreed = replace(load_agreed(), rsa={2048: END, 3072: None})
    assert not signed("sha256_rsa", RSA_2048, AFTER, agreed)
    assert agreed.rsa_end(3072) == (True, None)
    assert agreed.rsa_end(2048) == (True, END)
    assert agreed.rsa_end(1024)[0] is False


def test_the_earliest_end_of_the_parts_decides():
    agreed = ending(digests={"sha256": END}, curves={"secp256r1": date(2028, 1, 1)})
    assert not signed("sha256_ecdsa", P256, datetime(2028, 6, 1, tzinfo=UTC), agreed)


def test_the_list_is_dated_data_with_an_end_where_one_is_set(tmp_path):
    told = LIST.read_text().replace("least_bits = 2048", "least_bits = 2048\nuntil = 2030-01-01")
    (tmp_path / "algorithms.toml").write_text(told)
    assert load_agreed(tmp_path / "algorithms.toml").rsa == {2048: END}
    assert is_agreed_digest("sha256", NOW)
    assert not is_agreed_digest("sha1", NOW)
