"""An officer with a phone: asked by a hash, answers later, after a restart, or not; no number is lost."""

from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric import ec

from certify.key_holders.remote import RemoteKey
from certify.model import FaultCode
from certify.signing.keyring import KeyPlace, Purpose
from office.cli.main import main
from office.desk import certifying, retrying
from office.keys.certificates import NewCertificate, add_certificate, list_certificates, remove_certificate
from office.keys.faults import KeysCode
from office.keys.keyring import office_keyring
from office.procedure import CopyState
from office.rows.nouns import copy_of
from office.tables import copies, signings
from office.work.dispatcher import run_until_idle
from storage.database import reading
from tests.office.keys.real_houses import OFFICER, open_real_house, trusting
from tests.office.keys.real_keys import der_of, keys_open
from tests.office.keys.test_signing import assert_issued_once
from tests.s3_server import make_certificate
from tests.signing_service import CLIENT, SigningService

OPERATOR = "system:operator"


@pytest.fixture
def service(keys, tmp_path):
    make_certificate(tmp_path / "certs")
    key = ec.generate_private_key(ec.SECP256R1())
    started = SigningService(tmp_path / "certs", key, keys.authority.issue(OFFICER, key.public_key()))
    (tmp_path / "secret").write_text("\n".join(CLIENT) + "\n")
    yield started
    started.stop()


@pytest.fixture(params=["v1", "v2"])
def place(request, service, tmp_path):
    where = {"url": service.address, "credential": "officer", "api": request.param}
    return {**where, "secret": str(tmp_path / "secret"), "ca": str(tmp_path / "certs" / "public.crt")}


@pytest.fixture
def asked(approved, service, place, keys):
    """A house whose officer signs by phone and has confirmed a copy; the copy's id."""
    house, copy = approved
    for one in list_certificates(house.office):
        if one.holder == house.officer.account:
            remove_certificate(house.office, OPERATOR, one.id)
    new = NewCertificate(house.officer.account, KeyPlace.REMOTE, place, der_of(service._certificate))
    add_certificate(house.office, OPERATOR, new)
    certifying.confirm_copy(house.office, house.officer, copy)
    return trusting(house, keys.authority), copy


def copy_row(office, copy):
    with reading(office.engine) as connection:
        return copy_of(connection.execute(sa.select(copies).where(copies.c.id == copy)).one())


def later(office, minutes=1):
    now = office.clock() + timedelta(minutes=minutes)
    opened = office.keyring.opened
    keyring = office_keyring(office.engine, office.settings, lambda: now, opened)
    return replace(office, clock=lambda: now, keyring=keyring)


@contextmanager
def at_work(house):
    """The house with its agency's token open: everything that the officer does not do is done."""
    with keys_open(house.office, ("ward",)) as office:
        yield office


def test_the_answer_comes_minutes_later_and_after_a_restart(asked, service, keys, tmp_path):
    house, copy = asked
    with at_work(house) as office:
        run_until_idle(office)
        for minutes in range(1, 4):
            run_until_idle(later(office, minutes))
        row = copy_row(office, copy)
        assert (row.state, row.number, row.fault, row.attempts) == (CopyState.OFFICER_ASKED, 1, None, 0)
    service.say("yes")
    again = trusting(open_real_house(house.office.settings.data, keys.authority), keys.authority)
    with at_work(again) as office:
        run_until_idle(later(office, 10))
        assert_issued_once(office, copy, tmp_path)
    again.office.engine.dispose()
    assert len(set(service.asked)) == 1


@pytest.mark.parametrize(
    ("word", "code"), [("no", FaultCode.KEY_REFUSED), ("lapsed", FaultCode.KEY_TIMED_OUT)]
)
def test_a_refusal_or_a_lapse_is_told_and_a_person_asks_anew(asked, service, tmp_path, word, code):
    house, copy = asked
    with at_work(house) as office:
        run_until_idle(office)
        service.say(word)
        run_until_idle(later(office))
        row = copy_row(office, copy)
        assert (row.needs_a_look, row.fault) == (True, f"CertifyFault.{code}")
        service.say("yes")
        retrying.try_copy_again(office, house.officer, copy)
        run_until_idle(later(office, 2))
        run_until_idle(later(office, 4))
        assert_issued_once(office, copy, tmp_path)
    assert len(set(service.asked)) == 2


@pytest.mark.parametrize("word", ["wrong", "another hash"])
def test_a_signature_that_the_certificate_does_not_bear_out_is_never_used(asked, service, word):
    house, copy = asked
    with at_work(house) as office:
        run_until_idle(office)
        service.say(word)
        run_until_idle(later(office))
        row = copy_row(office, copy)
        assert (row.state, row.needs_a_look) == (CopyState.OFFICER_ASKED, True)
        assert str(row.fault).endswith(FaultCode.KEY_REFUSED)


@pytest.mark.parametrize("word", ["down", "garbage", "elsewhere"])
def test_a_service_in_trouble_is_tried_again_by_itself(asked, service, tmp_path, word):
    house, copy = asked
    with at_work(house) as office:
        run_until_idle(office)
        service.say(word)
        run_until_idle(later(office))
        row = copy_row(office, copy)
        assert (row.state, row.needs_a_look) == (CopyState.OFFICER_ASKED, False)
        assert str(row.fault).endswith(FaultCode.SERVICE_UNAVAILABLE)
        service.say("yes")
        run_until_idle(later(office, 10))
        assert_issued_once(office, copy, tmp_path)


class Killed(BaseException):
    """Stands for kill -9 in this process: nothing catches it, nothing is put aside."""


@pytest.mark.parametrize(
    "moment", ["before the holder hears", "before the ticket is kept", "when the answer comes"]
)
def test_killed_at_any_step_it_goes_on_with_one_signature(asked, service, tmp_path, monkeypatch, moment):
    house, copy = asked
    service.say("yes")
    begin, finish = RemoteKey.begin, RemoteKey.finish

    def dying_begin(key, to_be_signed):
        if moment == "before the holder hears":
            raise Killed
        ticket = begin(key, to_be_signed)
        if moment == "before the ticket is kept":
            raise Killed
        return ticket

    def dying_finish(key, ticket):
        answer = finish(key, ticket)
        if answer is not None:
            raise Killed
        return answer

    with at_work(house) as office:
        with monkeypatch.context() as patched:
            patched.setattr(RemoteKey, "begin", dying_begin)
            patched.setattr(RemoteKey, "finish", dying_finish)
            with pytest.raises(Killed):
                run_until_idle(office)
        run_until_idle(later(replace(office, owner="another:1:1"), 60))
        assert_issued_once(office, copy, tmp_path)
        with reading(office.engine) as connection:
            assert len(connection.execute(sa.select(signings)).all()) == 2
    assert len(set(service.asked)) == 1


def test_a_clerk_who_signs_by_phone_is_told_to_take_a_token(asked, service, place):
    house, _ = asked
    refusal = house.office.keyring.refusal(house.officer.account, Purpose.DIGITIZE)
    assert refusal.code is KeysCode.REMOTE_SCAN


def test_a_remote_key_is_added_and_tried_by_command(approved, service, place, capsys):
    house, _ = approved
    data = ["--data", str(house.office.settings.data)]
    where = ["--remote", place["url"], "--credential", "officer", "--secret", place["secret"]]
    added = ["keys", "add", "--account", "lanhdao", *where, "--ca", place["ca"], "--api", place["api"], *data]
    assert main(added) == 0
    newest = list_certificates(house.office)[-1]
    assert (newest.kept, newest.subject) == (KeyPlace.REMOTE, OFFICER)
    assert main(["keys", "test", newest.sha256[:16], *data]) == 0
    assert service.asked == []
    assert main(["keys", "add", "--account", "lanhdao", "--remote", place["url"], *data]) == 1
    service.say("down")
    assert main(["keys", "test", newest.sha256[:16], *data]) == 1
    assert CLIENT[1] not in capsys.readouterr().out
