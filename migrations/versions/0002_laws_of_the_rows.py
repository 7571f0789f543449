"""What rows may never do: change where they are append only, or leave an entry that does not sum to zero."""

from alembic import op

revision = "0002_laws_of_the_rows"
down_revision = "0001_tables"
branch_labels = None
depends_on = None

APPEND_ONLY = ("journal_entry", "journal_line", "audit_entry", "claim_event", "payment_event", "task_event")


def upgrade() -> None:
    op.execute(
        """
        CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'table % is append only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
        END $$
        """
    )
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    op.execute(
        """
        CREATE FUNCTION check_entry_sums_to_zero() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE total bigint;
        BEGIN
            SELECT sum(amount_ore) INTO total FROM journal_line WHERE entry_id = NEW.entry_id;
            IF total <> 0 THEN
                RAISE EXCEPTION 'journal entry % sums to % øre, not to zero', NEW.entry_id, total
                    USING ERRCODE = 'check_violation';
            END IF;
            RETURN NULL;
        END $$
        """
    )
    op.execute(
        "CREATE CONSTRAINT TRIGGER sums_to_zero AFTER INSERT ON journal_line "
        "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_entry_sums_to_zero()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER sums_to_zero ON journal_line")
    for table in APPEND_ONLY:
        op.execute(f"DROP TRIGGER append_only ON {table}")
    op.execute("DROP FUNCTION check_entry_sums_to_zero()")
    op.execute("DROP FUNCTION refuse_change()")
