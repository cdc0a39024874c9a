"""Every page that came is a row: in a paper, waiting or set aside. Dossiers are found by code and name."""

import sqlalchemy as sa
from alembic import op

from vietnamese.letters import fold

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None
ROWS_AT_ONCE = 500


def upgrade() -> None:
    """Make the table, write down the pages that papers have, and what dossiers are found by."""
    _make_table()
    op.add_column("dossiers", sa.Column("finding", sa.String(length=300), server_default="", nullable=False))
    _enter_masters()
    _fill_finding()


def downgrade() -> None:
    """Take both away again."""
    op.drop_column("dossiers", "finding")
    op.drop_table("arrivals")


def _make_table() -> None:
    op.create_table(
        "arrivals",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("job", sa.String(length=64), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("media_type", sa.String(length=64), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.Column("arrived_at", sa.String(length=32), nullable=False),
        sa.Column("dossier", sa.String(length=36), nullable=True),
        sa.Column("paper", sa.String(length=36), nullable=True),
        sa.Column("left_paper", sa.String(length=36), nullable=True),
        sa.Column("left_place", sa.Integer(), nullable=True),
        sa.Column("aside_at", sa.String(length=32), nullable=True),
        sa.Column("moved_by", sa.String(length=64), nullable=True),
        sa.Column("moved_at", sa.String(length=32), nullable=True),
        sa.Column("unit", sa.String(length=64), nullable=False),
        sa.Column("sensitivity", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["dossier"], ["dossiers.id"], name=op.f("fk_arrivals_dossier")),
        sa.ForeignKeyConstraint(["paper"], ["papers.id"], name=op.f("fk_arrivals_paper")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_arrivals")),
        sa.UniqueConstraint("job", "sequence", name=op.f("uq_arrivals_job")),
    )
    for column in ("paper", "sha256", "unit"):
        op.create_index(op.f(f"ix_arrivals_{column}"), "arrivals", [column], unique=False)


def _enter_masters() -> None:
    """A master keeps its row's id; what tells its job is the evidence it came with."""
    connection = op.get_bind()
    tables = sa.MetaData()
    tables.reflect(connection, only=("arrivals", "files", "papers"))
    arrivals, files, papers = (tables.tables[name] for name in ("arrivals", "files", "papers"))
    joined = sa.select(files, papers.c.dossier, papers.c.unit, papers.c.sensitivity).join(
        papers, files.c.paper == papers.c.id
    )
    chosen = joined.where(files.c.role == "master", files.c.copy == "")
    entered = [
        {
            "id": row.id,
            "job": (row.evidence or {}).get("job", row.id),
            "sequence": (row.evidence or {}).get("sequence", row.ordinal),
            "sha256": row.sha256,
            "size_bytes": row.size_bytes,
            "media_type": row.media_type,
            "evidence": row.evidence or {},
            "arrived_at": row.kept_at,
            "dossier": row.dossier,
            "paper": row.paper,
            "unit": row.unit,
            "sensitivity": row.sensitivity,
        }
        for row in connection.execute(chosen)
    ]
    for start in range(0, len(entered), ROWS_AT_ONCE):
        connection.execute(sa.insert(arrivals), entered[start : start + ROWS_AT_ONCE])


def _fill_finding() -> None:
    connection = op.get_bind()
    tables = sa.MetaData()
    tables.reflect(connection, only=("dossiers",))
    dossiers = tables.tables["dossiers"]
    for row in connection.execute(sa.select(dossiers)).all():
        finding = fold(f"{row.code} {row.requester}").lower()
        connection.execute(sa.update(dossiers).where(dossiers.c.id == row.id).values(finding=finding))
