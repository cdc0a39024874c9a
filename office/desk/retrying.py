"""Thử lại: what a machine put aside for a person is given back to it, once the cause is mended."""

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from certify.model import FaultCode
from office.desk import asking
from office.desk.archiving import enter_catalogue
from office.desk.issuing import question_open
from office.nouns import Actor, Paper
from office.procedure import PaperState, event_of
from office.rows import claims, recording
from office.rows.finding import claimed_paper, dossier_of_paper, find_copy
from office.tables import copies, papers
from office.value import Office
from storage.database import reading, writing

UNANSWERED = (
    FaultCode.KEY_REFUSED,
    FaultCode.KEY_TIMED_OUT,
    FaultCode.KEY_MOVED,
)  # the question is over, and another may be asked


def try_paper_again(office: Office, actor: Actor, paper_id: str) -> None:
    """Let the machine take up a paper it had put aside; one whose words search could not read is read anew.

    Raises: DeskFault NOT_FOUND, BUSY.
    """
    _try_again(office, actor, papers, paper_id)


def try_copy_again(office: Office, actor: Actor, copy_id: str) -> None:
    """Let the machine take up a copy it had put aside; a holder who refused, or let it lapse, is asked anew.

    Raises: DeskFault NOT_FOUND, BUSY.
    """
    _withdraw_refused(office, actor, copy_id)
    _try_again(office, actor, copies, copy_id)


def _withdraw_refused(office: Office, actor: Actor, copy_id: str) -> None:
    with reading(office.engine) as connection:
        copy = find_copy(connection, copy_id, actor)
    question = question_open(copy)
    if question is None or (copy.fault or "").rpartition(".")[2] not in UNANSWERED:
        return
    with claims.held(office, copies, copy_id) as claim, writing(office.engine) as connection:
        asking.withdraw(connection, claim, question)
        recording.note(connection, office, actor, event_of(question.asks_anew), copy_id)


def _try_again(office: Office, actor: Actor, table: sa.Table, row_id: str) -> None:
    with reading(office.engine) as connection:
        recording.find_row(connection, table, row_id, actor)
    with claims.held(office, table, row_id) as claim, writing(office.engine) as connection:
        fault = claims.read(connection, claim).fault
        claims.write(connection, claim, {"fault": None, "retry_at": None, "attempts": 0})
        recording.note(connection, office, actor, "work_tried_again", row_id, fault=fault or "")
        if table is papers and fault is not None:
            _enter_catalogue_anew(connection, claimed_paper(connection, claim))


def _enter_catalogue_anew(connection: Connection, paper: Paper) -> None:
    if paper.state is PaperState.ARCHIVED and paper.archived_version is not None:
        code = dossier_of_paper(connection, paper).code
        enter_catalogue(connection, paper.id, code, paper.archived_version)
