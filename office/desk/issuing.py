"""Cấp bản sao: from the officer's confirmation on, one persisted step at a time, until the copy is issued.

Number reserved, statement composed and the officer asked, the officer's signature, the agency asked, its
signature, validation data and archive time-stamp, own verification, release. Each step starts from what the
one before kept, so that a crash or a dead time-stamp server costs a repetition and never a number.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

from sqlalchemy.engine import Connection

from certify.book import register
from certify.key_holders.workstation import WorkstationKey
from certify.model import (
    AgencySigned,
    Approval,
    Book,
    CopyFields,
    CopyForms,
    Medium,
    Number,
    OriginalSeen,
    Profile,
    SignedByOfficer,
    Statement,
)
from certify.signing import handing, signing, statement
from certify.signing.keyring import AGENCY, Purpose
from certify.signing.trust import Credentials
from certify.verdict import Indication
from foundation.clock import on_paper
from foundation.durable import sha256_of
from office.desk import asking, books, checking
from office.desk.signers import credentials_of, require_signers_of_copy, signer_of_account, the_agency
from office.faults import DeskCode, DeskFault
from office.nouns import Copy
from office.procedure import (
    KEYS,
    Act,
    CopyState,
    FileRole,
    Kind,
    Mark,
    Step,
    Turn,
    WhoseKey,
    awaited,
    event_of,
    step_of,
)
from office.rows import claims, keeping, recording
from office.rows.finding import claimed_copy, dossier_of_paper, paper_of_copy
from office.value import Office
from storage.database import reading, writing


def decisions_given(office: Office) -> frozenset[Mark]:
    """Decisions that need nobody here: the agency's seal, where the system may use its key by itself."""
    return frozenset({Mark.SEALED}) if office.keyring.is_unattended(AGENCY) else frozenset()


def may_go_on(office: Office, copy: Copy) -> bool:
    """May the machine take the copy's next step by itself, and can it here, where the key it needs lives?"""
    return _next_step(office, copy) is not None


def needs_key(office: Office, copy: Copy) -> bool:
    """Does the copy's next step need somebody's key, so that not every process may be able to take it?"""
    step = awaited(copy, decisions_given(office))
    return step is not None and _holder_of_key(step, copy) is not None


def waits_for_key(office: Office, copy: Copy) -> bool:
    """Is the copy's next step the machine's, but that of another process, which has the key open?"""
    step = awaited(copy, decisions_given(office))
    return step is not None and step.by is Turn.MACHINE and _next_step(office, copy) is None


def issue_copy(office: Office, claim: claims.Claim) -> None:
    """Walk the copy on, step by persisted step, until it is issued or somebody has to act or to answer."""
    with reading(office.engine) as connection:
        copy = claimed_copy(connection, claim)
    while (step := _next_step(office, copy)) is not None:
        if not WALK[step.act](office, claim, copy):
            asking.come_back(office, claim)
            return
        with reading(office.engine) as connection:
            copy = claimed_copy(connection, claim)


def _next_step(office: Office, copy: Copy) -> Step | None:
    step = awaited(copy, decisions_given(office))
    if step is None or step.by is not Turn.MACHINE:
        return None
    holder = _holder_of_key(step, copy)
    return step if holder is None or office.keyring.is_here(holder) else None


def _holder_of_key(step: Step, copy: Copy) -> str | None:
    """Whose key the machine needs for this step; None: nobody's."""
    holders = {WhoseKey.OFFICERS: copy.confirmed_by or "", WhoseKey.AGENCYS: AGENCY}
    return holders[KEYS[step.act]] if step.act in KEYS else None


def _reserve_number(office: Office, claim: claims.Claim, copy: Copy) -> bool:
    now, officer = office.clock(), copy.confirmed_by or ""
    require_signers_of_copy(office, officer)  # no number for what nobody can sign
    for holder in filter(office.keyring.is_here, (officer, AGENCY)):
        signing.require_vouched(credentials_of(office, holder))
    with writing(office.engine) as connection:
        number = books.reserve_number(connection, office, copy.id, now)
        register.describe(connection, copy.id, _particulars(connection, office, copy))
        book = {"code": number.book.code, "year": number.book.year, "volume": number.book.volume}
        values = {"number": number.value, "book": book}
        recording.move_copy(connection, claim, Act.RESERVE_NUMBER, numbered_at=now, **values)
        recording.note(connection, office, recording.SYSTEM, event_of(Act.RESERVE_NUMBER), copy.id, **values)
    return True


def _ask_officer(office: Office, claim: claims.Claim, copy: Copy) -> bool:
    asking.ask(office, claim, officers_question(copy), lambda work: _prepare_for_officer(office, copy, work))
    return True


def _collect_officer(office: Office, claim: claims.Claim, copy: Copy) -> bool:
    return _collect(office, claim, copy, officers_question(copy))


def _ask_agency(office: Office, claim: claims.Claim, copy: Copy) -> bool:
    asking.ask(office, claim, AGENCYS_QUESTION, lambda work: _prepare_for_agency(office, copy, work))
    return True


def _collect_agency(office: Office, claim: claims.Claim, copy: Copy) -> bool:
    return _collect(office, claim, copy, AGENCYS_QUESTION)


def officers_question(copy: Copy) -> asking.Question:
    """What the officer who confirmed the copy is asked."""
    holder = copy.confirmed_by or ""
    acts = (Act.ASK_OFFICER, Act.SIGN_AS_OFFICER, Act.ASK_OFFICER_ANEW)
    return asking.Question(*acts, holder, Purpose.CERTIFY)


AGENCYS_QUESTION = asking.Question(
    Act.ASK_AGENCY, Act.SIGN_AS_AGENCY, Act.ASK_AGENCY_ANEW, AGENCY, Purpose.SEAL
)


def question_open(copy: Copy) -> asking.Question | None:
    """What a key holder has been asked about this copy and has not answered; None when nobody was asked."""
    open_questions = {
        CopyState.OFFICER_ASKED: officers_question(copy),
        CopyState.AGENCY_ASKED: AGENCYS_QUESTION,
    }
    return open_questions.get(copy.state)


def _prepare_for_officer(office: Office, copy: Copy, work: Path) -> asking.Prepared:
    stated, prepared = _state(office, copy, work), work / asking.PREPARED
    forms = _forms(office, stated)
    credentials = credentials_of(office, copy.confirmed_by or "")
    profile = _profile(credentials)
    composed = statement.compose_copy(stated, forms, work / "composed.pdf", profile)
    if profile:
        signing.require_vouched(credentials)
        return handing.hand_to_officer(composed, prepared, profile)
    return signing.prepare_for_officer(
        composed, prepared, signing.Hand(stated.officer, credentials, forms.officer)
    )


def _prepare_for_agency(office: Office, copy: Copy, work: Path) -> asking.Prepared:
    stated, prepared = _state(office, copy, work), work / asking.PREPARED
    before = _fetch_step(office, copy, FileRole.OFFICER_SIGNED, work)
    signed = SignedByOfficer(stated, before, _fields(office, copy))
    credentials = credentials_of(office, AGENCY)
    if profile := _profile(credentials):
        signing.require_vouched(credentials)
        return handing.hand_to_agency(signed, prepared, profile)
    hand = signing.Hand(the_agency(office), credentials, _forms(office, stated).agency)
    return signing.prepare_for_agency(signed, prepared, hand)


def _profile(credentials: Credentials) -> Profile | None:
    """What the holder's signing program does with a file; None: the key signs a digest."""
    key = credentials.key
    return key.program.profile if isinstance(key, WorkstationKey) else None


def _fields(office: Office, copy: Copy) -> CopyFields:
    """The copy's signature fields, as whoever signed made them."""
    with reading(office.engine) as connection:
        found = [
            asking.find_asked(connection, copy, role)
            for role in (FileRole.OFFICER_PREPARED, FileRole.AGENCY_PREPARED)
        ]
    return handing.fields_of(*(asked.record if asked else None for asked in found))


def _collect(office: Office, claim: claims.Claim, copy: Copy, question: asking.Question) -> bool:
    with office.work_folder() as work:
        signed = work / "signed.pdf"
        if not asking.collect(office, claim, question, signed):
            return False
        _keep_step(office, claim, copy, question.collects, signed)
    return True


def _release_copy(office: Office, claim: claims.Claim, copy: Copy) -> bool:
    with office.work_folder() as work:
        stated = _state(office, copy, work)
        before = _fetch_step(office, copy, FileRole.AGENCY_SIGNED, work)
        locked = AgencySigned(stated, before, _fields(office, copy))
        certified = signing.seal_for_decades(locked, work / "copy.pdf", office.services)
        verdict = checking.verify_file(office, certified.path)
        if verdict.indication is not Indication.TOTAL_PASSED:
            found = ", ".join(f"{finding.code} {finding.detail}" for finding in verdict.findings)
            raise DeskFault(DeskCode.VERIFICATION_FAILED, found)
        _keep_step(office, claim, copy, Act.RELEASE_COPY, certified.path)
    return True


Walk = Callable[[Office, claims.Claim, Copy], bool]  # one step; False: a key holder has not answered yet
WALK: Mapping[Act, Walk] = {
    Act.RESERVE_NUMBER: _reserve_number,
    Act.ASK_OFFICER: _ask_officer,
    Act.SIGN_AS_OFFICER: _collect_officer,
    Act.ASK_AGENCY: _ask_agency,
    Act.SIGN_AS_AGENCY: _collect_agency,
    Act.RELEASE_COPY: _release_copy,
}


def _keep_step(office: Office, claim: claims.Claim, copy: Copy, act: Act, path: Path) -> None:
    step = step_of(Kind.CERTIFIED_COPY, act)
    if step.keeps is None:
        raise LookupError(f"{act} keeps no file")
    kept = keeping.keep(office, path, sha256_of(path))
    now = office.clock()
    with writing(office.engine) as connection:
        place = keeping.Place(copy.paper, step.keeps, copy.id)
        keeping.attach(connection, office, place, kept, keeping.PDF, at=now)
        issued = {"issued_at": now} if act is Act.RELEASE_COPY else {}
        recording.move_copy(connection, claim, act, **issued)
        if act is Act.SIGN_AS_AGENCY:
            register.record_agency_signature(connection, copy.id)
        if act is Act.RELEASE_COPY:
            register.record_issue(connection, copy.id, kept.sha256, now)
        told = {"sha256": kept.sha256, "number": copy.number, "book": copy.book}
        recording.note(connection, office, recording.SYSTEM, step.event, copy.id, **told)


def _particulars(connection: Connection, office: Office, copy: Copy) -> register.Particulars:
    paper = paper_of_copy(connection, copy)
    officer = signer_of_account(connection, office, copy.confirmed_by or "")
    return register.Particulars(
        requester=dossier_of_paper(connection, paper).requester,
        title=paper.title,
        signer_name=officer.name,
        signer_title=officer.title,
        fee=copy.fee,
    )


def _state(office: Office, copy: Copy, work: Path) -> Statement:
    numbered = copy.numbered
    with reading(office.engine) as connection:
        digitized = keeping.find(connection, keeping.Place(copy.paper, FileRole.DIGITIZED))
        officer = signer_of_account(connection, office, numbered.officer)
        compared_by = signer_of_account(connection, office, copy.compared_by).name
    document = keeping.fetch(office, digitized.sha256, work / "digitized.pdf")
    seen = OriginalSeen(copy.original_pages, compared_by, copy.compared_at)
    told = numbered.book
    return Statement(
        approval=Approval(copy.check_code, seen, document, officer),  # what the statement prints
        number=Number(numbered.value, Book(told["code"], Medium.ELECTRONIC, told["year"], told["volume"])),
        at=numbered.at,
        wording=office.rules.wording(on_paper(numbered.at).date()),
        officer=officer,
    )


def _forms(office: Office, stated: Statement) -> CopyForms:
    day = stated.signed_on
    return CopyForms(office.rules.appearance("officer", day), office.rules.appearance("agency", day))


def _fetch_step(office: Office, copy: Copy, role: FileRole, work: Path) -> Path:
    with reading(office.engine) as connection:
        kept = keeping.find(connection, keeping.Place(copy.paper, role, copy.id))
    return keeping.fetch(office, kept.sha256, work / "before.pdf")
