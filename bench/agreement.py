"""Do rows, archive, objects and index agree? What a bench or a test looks for after kills."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import partial

import sqlalchemy as sa

from bench.dossiers import PAPERS, Made
from office.desk import archiving
from office.desk.searching import Wanted, find_records
from office.nouns import Actor
from office.rows import keeping
from office.tables import catalogue, copies, files, papers
from office.value import Office
from storage import fixity, ledger
from storage.database import reading
from storage.faults import StorageCode, StorageFault


def disagreements(office: Office, dossiers: Iterable[Made]) -> Counter[str]:
    """Everything in which rows, archive, index, catalogue and ledger do not agree, counted by kind."""
    found: Counter[str] = Counter()
    for made in dossiers:
        found.update(wrong_in_archive(office, made))
        found.update(wrong_in_index(office, made))
    found.update(wrong_in_objects(office))
    found.update(str(finding.code) for finding in fixity.verify(office.objects, office.archive))
    with reading(office.engine) as connection:
        found["broken ledger"] += ledger.verify(connection).first_break is not None
    return +found


def half_objects(office: Office, made: Made) -> int:
    """How many files of a dossier that a reader is told of cannot be read whole."""
    try:
        newest = office.archive.newest(archiving.archive_id(office, made.code))
    except StorageFault as fault:
        return fault.code is not StorageCode.NOT_KEPT  # nothing was committed yet
    return sum(not _is_read(partial(newest.read, logical)) for logical in newest.version.sha256)


def _is_read(read: Callable[[], bytes]) -> bool:
    try:
        read()
    except StorageFault:
        return False
    return True


def wrong_in_objects(office: Office) -> Iterator[str]:
    """Digests that rows name and the objects lack, and the other way round."""
    with reading(office.engine) as connection:
        named = {keeping.key_of(sha256) for sha256 in connection.execute(sa.select(files.c.sha256)).scalars()}
    kept = set(office.objects.keys())
    yield from ("a row without its object" for _ in named - kept)
    yield from ("an object without a row" for _ in kept - named)


def wrong_in_archive(office: Office, made: Made) -> Iterator[str]:
    """Papers and copies that the rows call archived and the archive does not have or does not describe."""
    versions = versions_of(office, made.code)
    for kept, described in versions:
        yield from ("missing in a description" for _ in documents(kept) - described)
        yield from ("described and not there" for _ in described - documents(kept))
    newest = documents(versions[-1][0]) if versions else set()
    with reading(office.engine) as connection:
        rows = list(connection.execute(sa.select(papers).where(papers.c.dossier == made.id)))
        paper_ids = [row.id for row in rows]
        rows += connection.execute(sa.select(copies).where(copies.c.paper.in_(paper_ids)))
        entered = list(
            connection.execute(sa.select(catalogue.c.paper).where(catalogue.c.paper.in_(paper_ids))).scalars()
        )
        events = Counter(entry.what for entry in ledger.entries(connection, made.code))
    if sorted(entered) != sorted(paper_ids):
        yield "not once in the catalogue"
    if (events["paper_archived"], events["copy_archived"]) != (PAPERS, 1):
        yield "not once in the ledger"
    for row in rows:
        name = archiving.archive_name(made.code, row.ordinal)
        if row.archived_version is None or row.fault is not None:
            yield "not archived"
        elif name not in newest or name not in versions[row.archived_version - 1][0]:
            yield "not in the archive"


def wrong_in_index(office: Office, made: Made) -> Iterator[str]:
    """Papers that are not found by their own word, once."""
    units = frozenset({office.settings.unit})
    reader = Actor("bench", "", "", frozenset(), units)
    for paper, word in made.papers.items():
        found = [hit.paper for hit in find_records(office, reader, Wanted(word)).hits]
        if found != [paper]:
            yield "not found"


def documents(files: set[str]) -> set[str]:
    return {name for name in files if name.startswith("du-lieu/")}


def versions_of(office: Office, code: str) -> list[tuple[set[str], set[str]]]:
    """Of each version of a dossier's object: the files in it, and the files that its description names."""
    tree = office.archive.tree_of(archiving.archive_id(office, code))
    inventory = json.loads(tree.read("inventory.json") or b"{}")
    versions = []
    for number in range(1, len(inventory["versions"]) + 1):
        state = inventory["versions"][f"v{number}"]["state"]
        names = {name: digest for digest, there in state.items() for name in there}
        described = json.loads(tree.read(inventory["manifest"][names[archiving.DESCRIPTION]][0]) or b"{}")
        versions.append((set(names), {document["file"] for document in described["documents"]}))
    return versions
