"""`upgrade`: after a newer program came, the rows backed up, brought to its form, checked."""

import argparse
from dataclasses import asdict
from functools import partial

from office.bootstrap import known_revisions, open_house, open_office
from office.cli.console import Console
from office.cli.safety.backing_up import ground_of, opened_store, secret_of, told_of
from office.desk.upkeep.upgrading import revision_of, upgrade
from office.settings import Settings, is_house
from storage.backup.place import make_place
from storage.faults import StorageCode, StorageFault


def upgrade_house(chosen: argparse.Namespace, settings: Settings, console: Console) -> int:
    """Bring the rows to the newest form that this program knows, with a backup before."""
    if not is_house(settings.data):
        raise StorageFault(StorageCode.NOT_AN_ARCHIVE, str(settings.data))
    office = open_office(settings, as_it_is=True)
    newest, now = known_revisions()[-1], revision_of(office.engine)
    if now == newest:
        console.answer(
            {"before": now, "after": now, "backup": None}, (f"Dữ liệu đã ở dạng mới nhất ({now}).",)
        )
        return 0
    with opened_store(chosen.to, chosen) as store:
        place = make_place(store, secret_of(chosen, console), office.work_folder)
        ground = ground_of(settings, office.work_folder)
        done = upgrade(office, place, ground, partial(_open, settings), console.say)
        ground.engine.dispose()
    made = tuple(told_of(done.backup)) if done.backup else ()
    line = f"Đã nâng cấp dữ liệu từ {done.before} lên {done.after}, đã kiểm tra; mở lại ./motcua serve."
    console.answer(asdict(done), (*made, line))
    return 0


def _open(settings: Settings) -> None:
    """Open the house as `serve` would, and close it again."""
    open_house(settings).engine.dispose()
