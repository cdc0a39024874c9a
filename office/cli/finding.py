"""`search`: find archived papers on the command line."""

import argparse
from dataclasses import asdict

from office.cli.console import Console
from office.settings import Settings, is_house


def search(chosen: argparse.Namespace, settings: Settings, console: Console) -> int:
    """Search everything the machine's operator may see; reads while a server holds the index."""
    from office.bootstrap import open_office, operator  # noqa: PLC0415 --help stays fast
    from office.desk.searching import Wanted, find_records  # noqa: PLC0415
    from storage.faults import StorageCode, StorageFault  # noqa: PLC0415

    if not is_house(settings.data):  # looking must not make a house
        raise StorageFault(StorageCode.INDEX_MISSING, str(settings.data))
    office = open_office(settings)
    wanted = Wanted(chosen.query, chosen.limit, chosen.year, chosen.procedure)
    results = find_records(office, operator(office), wanted)
    told = asdict(results)
    lines = [f"{hit.record}  tr. {hit.page}  {hit.title}\n    {hit.snippet}" for hit in results.hits]
    lines.append(f"{results.total} trang, {results.took_ms:.1f} ms")
    console.answer(told, tuple(lines))
    return 0
