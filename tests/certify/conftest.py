"""A specimen office: one demo authority, one digitized paper, one certified copy, one signed scan."""

from pathlib import Path

import pytest

from certify.demo_authority.authority import DemoAuthority
from certify.demo_authority.certificates import Role
from certify.model import CertifiedCopy, ComposedCopy, SignedScan
from certify.signing.signing import Hand, seal_for_decades, sign_as_agency, sign_as_officer, sign_scan
from certify.signing.statement import compose_copy
from tests.certify.certify_specimens import CLERK_FORM, FORMS, make_digitized, now, statement_for


@pytest.fixture(scope="session")
def desk(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("certify")


@pytest.fixture(scope="session")
def authority(desk) -> DemoAuthority:
    return DemoAuthority.open(desk / "authority", now)


@pytest.fixture(scope="session")
def officer_hand(authority) -> Hand:
    return Hand(authority.signer(Role.OFFICER), authority.officer, FORMS.officer)


@pytest.fixture(scope="session")
def agency_hand(authority) -> Hand:
    return Hand(authority.signer(Role.AGENCY), authority.agency, FORMS.agency)


@pytest.fixture(scope="session")
def clerk_hand(authority) -> Hand:
    return Hand(authority.signer(Role.CLERK), authority.clerk, CLERK_FORM)


@pytest.fixture(scope="session")
def digitized(desk) -> Path:
    return make_digitized(desk / "digitized.pdf")


@pytest.fixture(scope="session")
def composed_copy(desk, digitized) -> ComposedCopy:
    return compose_copy(statement_for(digitized), FORMS, desk / "composed.pdf")


@pytest.fixture(scope="session")
def officer_signed(desk, composed_copy, officer_hand):
    return sign_as_officer(composed_copy, desk / "officer.pdf", officer_hand)


@pytest.fixture(scope="session")
def agency_signed(desk, officer_signed, agency_hand):
    return sign_as_agency(officer_signed, desk / "agency.pdf", agency_hand)


@pytest.fixture(scope="session")
def certified_copy(desk, agency_signed, authority) -> CertifiedCopy:
    return seal_for_decades(agency_signed, desk / "certified.pdf", authority.services)


@pytest.fixture(scope="session")
def signed_scan(desk, digitized, clerk_hand) -> SignedScan:
    return sign_scan(digitized, desk / "signed-scan.pdf", clerk_hand)
