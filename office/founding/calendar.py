"""The office's calendar: days on which the counter is closed, and rest days on which it is open instead."""

from datetime import date

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from office.founding.plan import HolidayPlan, Plan
from office.tables import holidays

SATURDAY = 5  # date.weekday(): Saturday and Sunday are days of rest


def keep_holidays(connection: Connection, plan: Plan) -> bool:
    """Make the calendar what the plan says; True when it was something else."""
    wanted = {one.day: one for one in plan.holidays}
    if list_holidays(connection) == tuple(wanted[day] for day in sorted(wanted)):
        return False
    connection.execute(sa.delete(holidays))
    for one in wanted.values():
        connection.execute(sa.insert(holidays).values(day=one.day, name=one.name, is_open=one.open))
    return True


def list_holidays(connection: Connection) -> tuple[HolidayPlan, ...]:
    """Every day that is not as its weekday says, in order."""
    rows = connection.execute(sa.select(holidays).order_by(holidays.c.day))
    return tuple(HolidayPlan(row.day, row.name, row.is_open) for row in rows)


def is_working_day(connection: Connection, day: date) -> bool:
    """Is the counter open on this day?"""
    named = connection.execute(sa.select(holidays.c.is_open).where(holidays.c.day == day)).scalar()
    return day.weekday() < SATURDAY if named is None else bool(named)
