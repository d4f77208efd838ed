"""What Django's models can't say: tenants kept apart by composite keys, and the rules of the ledger.

Each refusal names its rule as a constraint, so that code and tests know it by name.
"""

from django.db import migrations

# table, columns of the reference besides project_id, target table, what happens when the target is deleted
REFERENCES = [
    ("loyalty_order", "customer", "loyalty_customer", ""),
    ("loyalty_order", "delivery", "loyalty_webhookdelivery", "ON DELETE SET NULL (delivery_id)"),
    ("loyalty_lot", "customer", "loyalty_customer", ""),
    ("loyalty_lot", "order", "loyalty_order", ""),
    ("loyalty_ledgeraccount", "customer", "loyalty_customer", ""),
    ("loyalty_ledgertransaction", "customer", "loyalty_customer", ""),
    ("loyalty_ledgertransaction", "order", "loyalty_order", ""),
    ("loyalty_ledgerentry", "transaction", "loyalty_ledgertransaction", ""),
    ("loyalty_ledgerentry", "account", "loyalty_ledgeraccount", ""),
    ("loyalty_ledgerentry", "lot", "loyalty_lot", ""),
]


def same_project(table: str, column: str, target: str, on_delete: str) -> migrations.RunSQL:
    name = f"{table}_{column}_same_project"
    return migrations.RunSQL(
        f"ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY (project_id, {column}_id)"
        f" REFERENCES {target} (project_id, id) {on_delete} DEFERRABLE INITIALLY IMMEDIATE",
        f"ALTER TABLE {table} DROP CONSTRAINT {name}",
    )


# Nothing that was posted is changed or removed.
APPEND_ONLY = """
CREATE FUNCTION loyalty_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the ledger is append-only: % on % is refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'check_violation', CONSTRAINT = 'loyalty_ledger_append_only';
END $$;
CREATE TRIGGER loyalty_ledger_append_only BEFORE UPDATE OR DELETE ON loyalty_ledgerentry
    FOR EACH ROW EXECUTE FUNCTION loyalty_refuse_change();
CREATE TRIGGER loyalty_ledger_never_emptied BEFORE TRUNCATE ON loyalty_ledgerentry
    FOR EACH STATEMENT EXECUTE FUNCTION loyalty_refuse_change();
CREATE TRIGGER loyalty_ledger_append_only BEFORE UPDATE OR DELETE ON loyalty_ledgertransaction
    FOR EACH ROW EXECUTE FUNCTION loyalty_refuse_change();
CREATE TRIGGER loyalty_ledger_never_emptied BEFORE TRUNCATE ON loyalty_ledgertransaction
    FOR EACH STATEMENT EXECUTE FUNCTION loyalty_refuse_change();
"""
NOT_APPEND_ONLY = """
DROP TRIGGER loyalty_ledger_append_only ON loyalty_ledgerentry;
DROP TRIGGER loyalty_ledger_never_emptied ON loyalty_ledgerentry;
DROP TRIGGER loyalty_ledger_append_only ON loyalty_ledgertransaction;
DROP TRIGGER loyalty_ledger_never_emptied ON loyalty_ledgertransaction;
DROP FUNCTION loyalty_refuse_change();
"""

# A transaction's entries sum to zero, and there are at least two: checked when the database transaction commits.
BALANCED = """
CREATE FUNCTION loyalty_demand_balance() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    posted uuid;
    lines bigint;
    total numeric;
BEGIN
    IF TG_TABLE_NAME = 'loyalty_ledgertransaction' THEN posted := NEW.id; ELSE posted := NEW.transaction_id; END IF;
    SELECT count(*), coalesce(sum(amount), 0) INTO lines, total FROM loyalty_ledgerentry WHERE transaction_id = posted;
    IF lines < 2 OR total <> 0 THEN
        RAISE EXCEPTION 'transaction % has % entries with the sum %', posted, lines, total
            USING ERRCODE = 'check_violation', CONSTRAINT = 'loyalty_ledger_transaction_balanced';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER loyalty_ledger_transaction_balanced AFTER INSERT ON loyalty_ledgertransaction
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION loyalty_demand_balance();
CREATE CONSTRAINT TRIGGER loyalty_ledger_transaction_balanced AFTER INSERT ON loyalty_ledgerentry
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION loyalty_demand_balance();
"""
NOT_BALANCED = """
DROP TRIGGER loyalty_ledger_transaction_balanced ON loyalty_ledgertransaction;
DROP TRIGGER loyalty_ledger_transaction_balanced ON loyalty_ledgerentry;
DROP FUNCTION loyalty_demand_balance();
"""

# Balances and lots follow the entries, one statement per insert however many lines it has.
# A line of a customer's account names a lot of that customer; a line of a project's account names none.
FOLLOWING = """
CREATE FUNCTION loyalty_follow_entries() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM fresh JOIN loyalty_ledgeraccount account ON account.id = fresh.account_id
        LEFT JOIN loyalty_lot lot ON lot.id = fresh.lot_id
        WHERE account.customer_id IS DISTINCT FROM lot.customer_id
    ) THEN
        RAISE EXCEPTION 'an entry does not name a lot of its customer'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'loyalty_ledger_entry_names_lot';
    END IF;
    UPDATE loyalty_ledgeraccount account SET balance = account.balance + moved.amount
    FROM (SELECT account_id, sum(amount) AS amount FROM fresh GROUP BY account_id) moved
    WHERE account.id = moved.account_id AND account.customer_id IS NOT NULL;
    UPDATE loyalty_lot lot SET remaining = lot.remaining + moved.amount
    FROM (SELECT lot_id, sum(amount) AS amount FROM fresh WHERE lot_id IS NOT NULL GROUP BY lot_id) moved
    WHERE lot.id = moved.lot_id AND moved.amount <> 0;
    RETURN NULL;
END $$;
CREATE TRIGGER loyalty_entries_followed AFTER INSERT ON loyalty_ledgerentry
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION loyalty_follow_entries();
"""
NOT_FOLLOWING = """
DROP TRIGGER loyalty_entries_followed ON loyalty_ledgerentry;
DROP FUNCTION loyalty_follow_entries();
"""

# Nobody but the trigger above writes a balance or what remains of a lot.
WRITTEN_BY_ENTRIES = """
CREATE FUNCTION loyalty_refuse_balance() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'balances follow the entries of the ledger'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'loyalty_balance_follows_entries';
END $$;
CREATE TRIGGER loyalty_balance_follows_entries BEFORE UPDATE ON loyalty_ledgeraccount FOR EACH ROW
    WHEN (OLD.balance IS DISTINCT FROM NEW.balance AND pg_trigger_depth() = 0)
    EXECUTE FUNCTION loyalty_refuse_balance();
CREATE TRIGGER loyalty_balance_begins_at_zero BEFORE INSERT ON loyalty_ledgeraccount FOR EACH ROW
    WHEN (NEW.balance <> 0) EXECUTE FUNCTION loyalty_refuse_balance();
CREATE TRIGGER loyalty_balance_follows_entries BEFORE UPDATE ON loyalty_lot FOR EACH ROW
    WHEN (OLD.remaining IS DISTINCT FROM NEW.remaining AND pg_trigger_depth() = 0)
    EXECUTE FUNCTION loyalty_refuse_balance();
CREATE TRIGGER loyalty_balance_begins_at_zero BEFORE INSERT ON loyalty_lot FOR EACH ROW
    WHEN (NEW.remaining <> 0) EXECUTE FUNCTION loyalty_refuse_balance();
"""
NOT_WRITTEN_BY_ENTRIES = """
DROP TRIGGER loyalty_balance_follows_entries ON loyalty_ledgeraccount;
DROP TRIGGER loyalty_balance_begins_at_zero ON loyalty_ledgeraccount;
DROP TRIGGER loyalty_balance_follows_entries ON loyalty_lot;
DROP TRIGGER loyalty_balance_begins_at_zero ON loyalty_lot;
DROP FUNCTION loyalty_refuse_balance();
"""


class Migration(migrations.Migration):
    dependencies = [("loyalty", "0001_initial")]

    operations = [
        *[same_project(*reference) for reference in REFERENCES],
        migrations.RunSQL(APPEND_ONLY, NOT_APPEND_ONLY),
        migrations.RunSQL(BALANCED, NOT_BALANCED),
        migrations.RunSQL(FOLLOWING, NOT_FOLLOWING),
        migrations.RunSQL(WRITTEN_BY_ENTRIES, NOT_WRITTEN_BY_ENTRIES),
    ]
