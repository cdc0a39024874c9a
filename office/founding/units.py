"""The catalogue of units: under which name and code each acts, by day.

Names and codes of administrative units end and begin on a day (most did on 1/7/2025); what was issued before
keeps the name of its day.
"""

from dataclasses import dataclass, replace
from datetime import date

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from office.founding.plan import Plan
from office.settings import Settings
from office.tables import units
from storage.database import reading


@dataclass(frozen=True)
class Unit:
    """A unit under one name and code. `valid_until`: the first day on which it no longer holds."""

    unit: str
    code: str
    agency: str
    valid_from: date
    valid_until: date | None = None


def keep_units(connection: Connection, plan: Plan) -> bool:
    """Make the catalogue what the plan says; True when it was something else."""
    wanted = {
        (one.unit or plan.unit, one.since): Unit(
            one.unit or plan.unit, one.code, one.agency, one.since, one.until
        )
        for one in plan.units
    }
    if {(one.unit, one.valid_from): one for one in list_units(connection)} == wanted:
        return False
    connection.execute(sa.delete(units))
    for one in wanted.values():
        connection.execute(sa.insert(units).values(**one.__dict__))
    return True


def list_units(connection: Connection) -> tuple[Unit, ...]:
    """The whole catalogue, ended ones too, by unit and first day."""
    ordered = sa.select(units).order_by(units.c.unit, units.c.valid_from)
    rows = connection.execute(ordered)
    return tuple(Unit(row.unit, row.code, row.agency, row.valid_from, row.valid_until) for row in rows)


def unit_on(connection: Connection, unit: str, day: date) -> Unit | None:
    """The unit as it is named on `day`; None where the catalogue has no name for it."""
    holding = (
        one
        for one in list_units(connection)
        if one.unit == unit and one.valid_from <= day and (one.valid_until is None or day < one.valid_until)
    )
    return next(holding, None)


def named(settings: Settings, engine: Engine, day: date) -> Settings:
    """The settings with the agency's name and code as the catalogue has them on `day`."""
    with reading(engine) as connection:
        found = unit_on(connection, settings.unit, day)
    return settings if found is None else replace(settings, agency=found.agency, unit_code=found.code)
