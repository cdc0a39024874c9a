"""Thử lại: what a machine put aside for a person is given back to it, once the cause is mended."""

import sqlalchemy as sa

from office.model import Actor
from office.rows import claims, recording
from office.tables import copies, papers
from office.value import Office
from storage.database import reading, writing


def try_paper_again(office: Office, actor: Actor, paper_id: str) -> None:
    """Let the machine take up a paper it had put aside. Raises: DeskFault NOT_FOUND, BUSY."""
    _try_again(office, actor, papers, paper_id)


def try_copy_again(office: Office, actor: Actor, copy_id: str) -> None:
    """Let the machine take up a copy it had put aside. Raises: DeskFault NOT_FOUND, BUSY."""
    _try_again(office, actor, copies, copy_id)


def _try_again(office: Office, actor: Actor, table: sa.Table, row_id: str) -> None:
    with reading(office.engine) as connection:
        recording.find_row(connection, table, row_id, actor)
    with claims.held(office, table, row_id) as claim, writing(office.engine) as connection:
        fault = claims.read(connection, claim).fault
        claims.write(connection, claim, {"fault": None, "retry_at": None, "attempts": 0})
        recording.note(connection, office, actor, "work_tried_again", row_id, fault=fault or "")
