"""Every row of the house, for migrations: the office's own and those of the rooms that own rows."""

from certify.book import register_tables, translog
from office import tables
from scanner_adapters.queue import broker_tables
from storage import changes, database, ledger

ALL_METADATA = [
    tables.metadata,
    database.metadata,
    register_tables.metadata,
    translog.metadata,
    broker_tables.metadata,
]
OWNERS = (changes, ledger)  # importing them puts their tables into storage's metadata
