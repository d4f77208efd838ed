"""Tenants kept apart in the new tables too, and the ledger's triggers with holds, debts and merges.

An entry's transaction must balance within the statement that inserts it (one check per statement, not per row); that a
transaction has its entries at all is still checked at COMMIT.
"""

from django.db import migrations

# table, column of the reference besides project_id, target table
REFERENCES = [
    ("loyalty_customer", "level", "loyalty_level"),
    ("loyalty_customer", "referred_by", "loyalty_customer"),
    ("loyalty_customer", "merged_into", "loyalty_customer"),
    ("loyalty_mergecandidate", "keeps", "loyalty_customer"),
    ("loyalty_mergecandidate", "gives", "loyalty_customer"),
    ("loyalty_pointshold", "customer", "loyalty_customer"),
]


def same_project(table: str, column: str, target: str) -> migrations.RunSQL:
    name = f"{table}_{column}_same_project"
    return migrations.RunSQL(
        f"ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY (project_id, {column}_id)"
        f" REFERENCES {target} (project_id, id) DEFERRABLE INITIALLY IMMEDIATE",
        f"ALTER TABLE {table} DROP CONSTRAINT {name}",
    )


# Balances and lots follow the entries, one statement per insert however many lines it has.
# A line of a customer's account names a lot of that customer; a line of a project's account or of a debt names none.
# Only a merge moves a lot from one customer to another, so only its lines may name the other's.
FOLLOWING = """
CREATE OR REPLACE FUNCTION loyalty_follow_entries() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM fresh GROUP BY transaction_id HAVING sum(amount) <> 0) THEN
        RAISE EXCEPTION 'the entries of a transaction do not sum to zero'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'loyalty_ledger_transaction_balanced';
    END IF;
    IF EXISTS (
        SELECT FROM fresh JOIN loyalty_ledgeraccount account ON account.id = fresh.account_id
        LEFT JOIN loyalty_lot lot ON lot.id = fresh.lot_id
        WHERE CASE WHEN account.kind = 'debt' THEN NULL ELSE account.customer_id END IS DISTINCT FROM lot.customer_id
        AND NOT (lot.id IS NOT NULL AND account.customer_id IS NOT NULL AND account.kind <> 'debt' AND EXISTS (
            SELECT FROM loyalty_ledgertransaction posted WHERE posted.id = fresh.transaction_id AND posted.kind = 'merge'))
    ) THEN
        RAISE EXCEPTION 'an entry does not name a lot of its customer'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'loyalty_ledger_entry_names_lot';
    END IF;
    UPDATE loyalty_ledgeraccount account SET balance = account.balance + moved.amount
    FROM (SELECT account_id, sum(amount) AS amount FROM fresh GROUP BY account_id) moved
    WHERE account.id = moved.account_id AND account.customer_id IS NOT NULL;
    UPDATE loyalty_lot lot SET remaining = lot.remaining + moved.amount, held = lot.held + moved.held
    FROM (
        SELECT fresh.lot_id, sum(fresh.amount) AS amount,
            coalesce(sum(fresh.amount) FILTER (WHERE account.kind = 'held'), 0) AS held
        FROM fresh JOIN loyalty_ledgeraccount account ON account.id = fresh.account_id
        WHERE fresh.lot_id IS NOT NULL GROUP BY fresh.lot_id
    ) moved
    WHERE lot.id = moved.lot_id AND (moved.amount <> 0 OR moved.held <> 0);
    RETURN NULL;
END $$;
DROP TRIGGER loyalty_ledger_transaction_balanced ON loyalty_ledgerentry;
"""
# The function of 0002 is made anew by its own reverse and forward; here only the dropped trigger comes back.
NOT_FOLLOWING = """
CREATE CONSTRAINT TRIGGER loyalty_ledger_transaction_balanced AFTER INSERT ON loyalty_ledgerentry
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION loyalty_demand_balance();
"""

# Nobody but the trigger above writes what is held of a lot.
WRITTEN_BY_ENTRIES = """
CREATE TRIGGER loyalty_held_follows_entries BEFORE UPDATE ON loyalty_lot FOR EACH ROW
    WHEN (OLD.held IS DISTINCT FROM NEW.held AND pg_trigger_depth() = 0)
    EXECUTE FUNCTION loyalty_refuse_balance();
CREATE TRIGGER loyalty_held_begins_at_zero BEFORE INSERT ON loyalty_lot FOR EACH ROW
    WHEN (NEW.held <> 0) EXECUTE FUNCTION loyalty_refuse_balance();
"""
NOT_WRITTEN_BY_ENTRIES = """
DROP TRIGGER loyalty_held_follows_entries ON loyalty_lot;
DROP TRIGGER loyalty_held_begins_at_zero ON loyalty_lot;
"""


class Migration(migrations.Migration):
    dependencies = [("loyalty", "0003_whole_programme")]

    operations = [
        *[same_project(*reference) for reference in REFERENCES],
        migrations.RunSQL(FOLLOWING, NOT_FOLLOWING),
        migrations.RunSQL(WRITTEN_BY_ENTRIES, NOT_WRITTEN_BY_ENTRIES),
    ]
