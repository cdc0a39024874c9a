"""The office's own rows. The rooms' rows (register, ledger, changes) stand in the rooms.

Every row that holds a paper carries its unit and its sensitivity: one predicate guards SQL, search and
download. Rows with work waiting carry a claim: owner, lease and fence (see office.rows.claims).
Instants are aware UTC, kept as ISO 8601 text so that both databases give back the same value.
"""

from typing import Any

import sqlalchemy as sa

from foundation.row_types import Instant, new_metadata

metadata = new_metadata()


def _id() -> sa.Column[str]:
    return sa.Column("id", sa.String(36), primary_key=True)


def _guard() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("unit", sa.String(64), nullable=False, index=True),
        sa.Column("sensitivity", sa.Integer, nullable=False),
    )


def _work() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("owner", sa.String(128)),
        sa.Column("lease_until", Instant),
        sa.Column("fence", sa.Integer, nullable=False, server_default="0"),
        sa.Column("fault", sa.String(128)),
        sa.Column("retry_at", Instant),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    )


house = sa.Table(
    "house",
    metadata,
    sa.Column("name", sa.String(32), primary_key=True),
    sa.Column("value", sa.String(200), nullable=False),
)

counters = sa.Table(
    "counters",
    metadata,
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("value", sa.Integer, nullable=False),
)

dossiers = sa.Table(
    "dossiers",
    metadata,
    _id(),
    sa.Column("code", sa.String(64), nullable=False, unique=True),
    sa.Column("procedure", sa.String(32), nullable=False),
    sa.Column("requester", sa.String(200), nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("created_by", sa.String(64), nullable=False),
    sa.Column("last_ordinal", sa.Integer, nullable=False, server_default="0"),
    sa.Column("finding", sa.String(300), nullable=False, server_default=""),  # code and requester, folded
    *_guard(),
    *_work(),  # claimed by whoever describes the whole dossier in the archive
)

papers = sa.Table(
    "papers",
    metadata,
    _id(),
    sa.Column("dossier", sa.ForeignKey("dossiers.id"), nullable=False, index=True),
    sa.Column("ordinal", sa.Integer, nullable=False),
    sa.Column("title", sa.String(500), nullable=False),
    sa.Column("state", sa.String(16), nullable=False, index=True),
    sa.Column("scan_job", sa.String(64), nullable=False),
    sa.Column("scanned_at", Instant, nullable=False),
    sa.Column("scanned_by", sa.String(64), nullable=False),
    sa.Column("original_pages", sa.Integer),
    sa.Column("page_count", sa.Integer),
    sa.Column("wishes", sa.JSON),  # digitize.model.Wishes; NULL = as usual
    sa.Column("signed_at", Instant),
    sa.Column("reviewed_by", sa.String(64)),
    sa.Column("result_code", sa.String(64)),
    sa.Column("archived_version", sa.Integer),
    *_guard(),
    *_work(),
    sa.UniqueConstraint("dossier", "ordinal"),
)

arrivals = sa.Table(  # every page that ever came, and where it lies now: neither paper nor aside = it waits
    "arrivals",
    metadata,
    _id(),  # the page's for good: as a master of a paper it has the same in `files`
    sa.Column("job", sa.String(64), nullable=False),
    sa.Column("sequence", sa.Integer, nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False, index=True),
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
    sa.Column("media_type", sa.String(64), nullable=False),
    sa.Column("evidence", sa.JSON, nullable=False),
    sa.Column("arrived_at", Instant, nullable=False),
    sa.Column(
        "checked", sa.JSON(none_as_null=True)
    ),  # office.rows.arrivals.Checked; NULL = not yet, or no PDF
    sa.Column("dossier", sa.ForeignKey("dossiers.id")),  # for which it came; NULL = nobody has said
    sa.Column("paper", sa.ForeignKey("papers.id"), index=True),
    sa.Column("left_paper", sa.String(36)),  # which it was set aside from, and its place there, from 0
    sa.Column("left_place", sa.Integer),
    sa.Column("aside_at", Instant),
    sa.Column("moved_by", sa.String(64)),
    sa.Column("moved_at", Instant),
    *_guard(),
    sa.UniqueConstraint("job", "sequence"),
)

pages = sa.Table(
    "pages",
    metadata,
    sa.Column("paper", sa.ForeignKey("papers.id"), primary_key=True),
    sa.Column("page", sa.Integer, primary_key=True),
    sa.Column("verdict", sa.String(16), nullable=False),
    sa.Column("report", sa.JSON, nullable=False),
)

fields = sa.Table(
    "fields",
    metadata,
    sa.Column("paper", sa.ForeignKey("papers.id"), primary_key=True),
    sa.Column("name", sa.String(32), primary_key=True),
    sa.Column("read_value", sa.String(1000)),
    sa.Column("confirmed_value", sa.String(1000)),
    sa.Column("confidence", sa.Float),
    sa.Column("page", sa.Integer),
    sa.Column("box", sa.JSON),
    sa.Column("confirmed_by", sa.String(64)),
    sa.Column("confirmed_at", Instant),
)

copies = sa.Table(
    "copies",
    metadata,
    _id(),
    sa.Column("paper", sa.ForeignKey("papers.id"), nullable=False, index=True),
    sa.Column("ordinal", sa.Integer, nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("state", sa.String(16), nullable=False, index=True),
    sa.Column("check_code", sa.String(64), nullable=False, unique=True),
    sa.Column("original_pages", sa.Integer, nullable=False),
    sa.Column("compared_by", sa.String(64), nullable=False),
    sa.Column("compared_at", Instant, nullable=False),
    sa.Column("checks", sa.JSON, nullable=False),
    sa.Column("fee", sa.Integer, nullable=False),
    sa.Column("confirmed_by", sa.String(64)),
    sa.Column("confirmed_at", Instant),
    sa.Column("sealed_by", sa.String(64)),
    sa.Column("number", sa.Integer),
    sa.Column("book", sa.JSON),
    sa.Column("numbered_at", Instant),
    sa.Column("issued_at", Instant),
    sa.Column("delivered_at", Instant),
    sa.Column("reason", sa.String(1000)),
    sa.Column("archived_version", sa.Integer),
    *_guard(),
    *_work(),
)

signings = sa.Table(  # what key holders have been asked, until they answer
    "signings",
    metadata,
    sa.Column("copy", sa.ForeignKey("copies.id"), primary_key=True),
    sa.Column("role", sa.String(32), primary_key=True),  # of the prepared file
    sa.Column("prepared", sa.String(64), nullable=False),  # its sha256
    sa.Column("record", sa.Text, nullable=False),
    sa.Column("ticket", sa.Text),  # NULL: the holder has not been asked yet
    sa.Column("asked_at", Instant, nullable=False),
    sa.Column("returned", sa.String(64)),  # the sha256 of the file that a signing program gave back
    sa.Column("address", sa.String(64), index=True),  # the sha256 of the one-time address that is open
    sa.Column("address_until", Instant),
)

files = sa.Table(
    "files",
    metadata,
    _id(),
    sa.Column("paper", sa.ForeignKey("papers.id"), nullable=False, index=True),
    sa.Column(
        "copy", sa.String(36), nullable=False, server_default="", index=True
    ),  # "" = of the paper itself
    sa.Column("role", sa.String(16), nullable=False),
    sa.Column("ordinal", sa.Integer, nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False, index=True),
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
    sa.Column("media_type", sa.String(64), nullable=False),
    sa.Column("kept_at", Instant, nullable=False),
    sa.Column("evidence", sa.JSON),
    sa.Column("origin", sa.String(16)),  # digitize.model.Origin of a master; NULL = not read yet
    sa.UniqueConstraint("paper", "copy", "role", "ordinal", name="uq_files_place"),
)

known_files = sa.Table(  # files of this office that stand in no book of numbers
    "known_files",
    metadata,
    sa.Column("sha256", sa.String(64), primary_key=True),
    sa.Column("made_at", Instant, nullable=False),
)

verdicts = sa.Table(  # on files that the register knows; asked = digest of trust, pins and rules
    "verdicts",
    metadata,
    sa.Column("sha256", sa.String(64), primary_key=True),
    sa.Column("asked", sa.String(64), primary_key=True),
    sa.Column("judged_at", Instant, nullable=False),
    sa.Column("verdict", sa.JSON, nullable=False),
)

catalogue = sa.Table(  # what the index has to hold, in the order of the change numbers
    "catalogue",
    metadata,
    sa.Column("change", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("paper", sa.ForeignKey("papers.id"), nullable=False, index=True),
    sa.Column("record", sa.String(64), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
)

chores = sa.Table(  # the work of the house itself: see office.work.chores
    "chores",
    metadata,
    sa.Column("id", sa.String(96), primary_key=True),
    sa.Column("name", sa.String(32), nullable=False),
    sa.Column("place", sa.String(36), nullable=False, server_default=""),  # "" = the whole house
    sa.Column("done_at", Instant),
    *_work(),
)

anchors = (
    sa.Table(  # roots that this office trusts, each for one purpose; files in DATA/trust are made of these
        "anchors",
        metadata,
        sa.Column("sha256", sa.String(64), primary_key=True),  # of the certificate's DER
        sa.Column("vouches_for", sa.String(16), primary_key=True),  # office.founding.trust.VouchesFor
        sa.Column("list", sa.String(16), nullable=False),  # office.founding.trust.TrustList
        sa.Column("agency", sa.String(200), nullable=False, server_default=""),  # of another office's anchor
        sa.Column("subject", sa.String(200), nullable=False),
        sa.Column("not_after", Instant, nullable=False),
        sa.Column("certificate", sa.Text, nullable=False),  # PEM
        sa.Column("added_at", Instant, nullable=False),
        sa.Column("added_by", sa.String(64), nullable=False),
    )
)

pins = sa.Table(  # certificates of other offices, by the role in which they sign there
    "pins",
    metadata,
    sa.Column("sha256", sa.String(64), primary_key=True),
    sa.Column("role", sa.String(16), primary_key=True),  # certify.question.SignerRole
    sa.Column("agency", sa.String(200), nullable=False),
    sa.Column("subject", sa.String(200), nullable=False),
    sa.Column("pinned_at", Instant, nullable=False),
    sa.Column("pinned_by", sa.String(64), nullable=False),
)

units = sa.Table(  # the agency by its names and codes, each from its first day to the day it ended
    "units",
    metadata,
    sa.Column("unit", sa.String(64), primary_key=True),
    sa.Column("valid_from", sa.Date, primary_key=True),
    sa.Column("valid_until", sa.Date),  # the first day on which it no longer holds; NULL: it still does
    sa.Column("code", sa.String(64), nullable=False),  # opens every dossier code
    sa.Column("agency", sa.String(200), nullable=False),
)

holidays = sa.Table(  # days on which the counter is closed, and rest days on which it is open
    "holidays",
    metadata,
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("is_open", sa.Boolean, nullable=False),
)

fixity = sa.Table(  # when every byte was read again: of a dossier (its id), or of the records
    "fixity",
    metadata,
    sa.Column("unit_read", sa.String(96), primary_key=True),
    sa.Column("read_at", Instant, index=True),  # NULL = not yet
    sa.Column("version", sa.Integer, nullable=False, server_default="0"),  # of the object, when it was read
    sa.Column(
        "damaged", sa.Integer, nullable=False, server_default="0"
    ),  # findings that could not be repaired
    sa.Column("replicated_version", sa.Integer),  # which the replica was seen to hold, every byte
    sa.Column("released_version", sa.Integer),  # whose files left the objects
)

accounts = sa.Table(
    "accounts",
    metadata,
    _id(),
    sa.Column("name", sa.String(64), nullable=False, unique=True),
    sa.Column("full_name", sa.String(200), nullable=False),
    sa.Column("title", sa.String(200), nullable=False),
    sa.Column("roles", sa.JSON, nullable=False),
    sa.Column("unit", sa.String(64), nullable=False),
    sa.Column("clearance", sa.Integer, nullable=False),
    sa.Column("password", sa.String(200), nullable=False),
    sa.Column("must_change", sa.Boolean, nullable=False),  # a password somebody else knows
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("last_login", Instant),
    sa.Column("active", sa.Boolean, nullable=False),
)

certificates = sa.Table(  # whose keys sign here; removed ones stay, because what they signed stays
    "certificates",
    metadata,
    _id(),
    sa.Column("holder", sa.String(36), nullable=False, index=True),  # accounts.id, or "agency"
    sa.Column("kept", sa.String(16), nullable=False),  # certify.signing.keyring.KeyPlace
    sa.Column("place", sa.JSON, nullable=False),  # how the key is found there; never a PIN
    sa.Column("der", sa.Text, nullable=False),  # base64
    sa.Column("chain", sa.JSON, nullable=False),  # of base64
    sa.Column("sha256", sa.String(64), nullable=False, index=True),
    sa.Column("subject", sa.String(200), nullable=False),
    sa.Column("not_before", Instant, nullable=False),
    sa.Column("not_after", Instant, nullable=False),
    sa.Column("is_unattended", sa.Boolean, nullable=False),
    sa.Column("added_at", Instant, nullable=False),
    sa.Column("removed_at", Instant),
)

delegations = sa.Table(  # who may certify, in which capacity, from when to when (L26 of docs/law.md)
    "delegations",
    metadata,
    _id(),
    sa.Column("account", sa.ForeignKey("accounts.id"), nullable=False, index=True),
    sa.Column("purpose", sa.String(16), nullable=False),  # certify.signing.keyring.Purpose
    sa.Column("capacity", sa.String(8), nullable=False),  # office.nouns.Capacity
    sa.Column("since", sa.String(10), nullable=False),  # days at the counter, ISO 8601
    sa.Column("until", sa.String(10)),  # NULL = until it is ended
    sa.Column("given_at", Instant, nullable=False),
    sa.Column("ended_at", Instant),
)

login_tries = sa.Table(  # by digest of the name typed: names that do not exist count and lock alike
    "login_tries",
    metadata,
    sa.Column("name_digest", sa.String(64), primary_key=True),
    sa.Column("failed", sa.Integer, nullable=False),
    sa.Column("tried_at", Instant, nullable=False),
    sa.Column("locked_until", Instant),
)

browsers = sa.Table(  # from which the owner of an account logged in: each counts its own tries
    "browsers",
    metadata,
    sa.Column("token_digest", sa.String(64), primary_key=True),
    sa.Column("account", sa.ForeignKey("accounts.id"), nullable=False, index=True),
    sa.Column("known_at", Instant, nullable=False),
    sa.Column("tried_at", Instant, nullable=False),
    sa.Column("failed", sa.Integer, nullable=False),
    sa.Column("locked_until", Instant),
)

sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("token_digest", sa.String(64), primary_key=True),
    sa.Column("account", sa.ForeignKey("accounts.id"), nullable=False, index=True),
    sa.Column("form_token", sa.String(64), nullable=False),
    sa.Column("opened_at", Instant, nullable=False),
    sa.Column("seen_at", Instant, nullable=False),
)

posts = sa.Table(  # forms already carried out: the same form sent again leads to the same page
    "posts",
    metadata,
    sa.Column("token_digest", sa.String(64), primary_key=True),
    sa.Column("account", sa.ForeignKey("accounts.id"), nullable=False, index=True),
    sa.Column("sent_at", Instant, nullable=False),
    sa.Column("leads_to", sa.String(500)),
)
