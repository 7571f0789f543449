"""Questions about bills, and what happened to them."""

import sqlalchemy as sa
from alembic import op

revision = "0009_questions"
down_revision = "0008_reconciliation"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE SEQUENCE question_number")
    op.create_table(
        "question",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("municipality_code", sa.Text(), nullable=False),
        sa.Column("claim_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("text_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=True),
        sa.Column("answer_by", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "reason IN ('unclear', 'paid', 'returned', 'amount', 'not_mine', 'other')", name=op.f("ck_question_reason")
        ),
        sa.CheckConstraint("state IN ('open', 'answered', 'closed')", name=op.f("ck_question_state")),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_question_claim_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_question_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_question")),
        sa.UniqueConstraint("number", name=op.f("uq_question_number")),
    )
    op.create_index(
        "uq_question_open",
        "question",
        ["claim_id", "person_id"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index("ix_question_person_id", "question", ["person_id", "claim_id"], unique=False)
    op.create_index(
        "ix_question_waiting",
        "question",
        ["municipality_code", "answer_by"],
        unique=False,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "question_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("question_id", sa.Uuid(), nullable=False),
        sa.Column("municipality_code", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("text_sealed", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("what IN ('asked', 'taken', 'answered', 'closed')", name=op.f("ck_question_event_what")),
        sa.CheckConstraint(
            "(text_sealed IS NOT NULL) = (what IN ('answered', 'closed'))", name=op.f("ck_question_event_text_sealed")
        ),
        sa.ForeignKeyConstraint(["question_id"], ["question.id"], name=op.f("fk_question_event_question_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_question_event")),
    )
    op.create_index("ix_question_event_question_id", "question_event", ["question_id"], unique=False)
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON question_event "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    op.drop_table("question_event")
    op.drop_table("question")
    op.execute("DROP SEQUENCE question_number")
