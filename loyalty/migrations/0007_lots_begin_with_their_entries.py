"""Lots are written once, after their entries; orders, lots and transactions reach their project through their customer.

Writing a lot empty and filling it by the trigger wrote it and its indexes twice. A reference to the project beside the one to
(project, customer) said nothing new and cost a check for each row.
"""

import django.db.models.deletion
from django.db import migrations, models

# What stands in an entry before its lot is checked when the lot comes, at the latest at COMMIT.
LOTS_MAY_FOLLOW = """
ALTER TABLE loyalty_ledgerentry ALTER CONSTRAINT loyalty_ledgerentry_lot_same_project DEFERRABLE INITIALLY DEFERRED
"""
LOTS_COME_FIRST = """
ALTER TABLE loyalty_ledgerentry ALTER CONSTRAINT loyalty_ledgerentry_lot_same_project DEFERRABLE INITIALLY IMMEDIATE
"""

# As in 0004, but for lots that are still to come.
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
        {but}AND NOT (lot.id IS NOT NULL AND account.customer_id IS NOT NULL AND account.kind <> 'debt' AND EXISTS (
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
"""
LOT_TO_COME = "AND NOT (lot.id IS NULL AND fresh.lot_id IS NOT NULL)\n        "

# A lot begins with what its entries say, and those are its customer's.
BEGINNING = """
CREATE FUNCTION loyalty_compare_new_lots() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    differs boolean;
    strange boolean;
BEGIN
    SELECT coalesce(bool_or(moved.amount <> fresh.remaining OR moved.held <> fresh.held), false),
        coalesce(bool_or(moved.strange), false)
    INTO differs, strange
    FROM fresh CROSS JOIN LATERAL (
        SELECT coalesce(sum(entry.amount), 0) AS amount,
            coalesce(sum(entry.amount) FILTER (WHERE account.kind = 'held'), 0) AS held,
            bool_or(account.kind = 'debt' OR account.customer_id IS DISTINCT FROM fresh.customer_id) AS strange
        FROM loyalty_ledgerentry entry JOIN loyalty_ledgeraccount account ON account.id = entry.account_id
        WHERE entry.lot_id = fresh.id
    ) moved;
    IF strange THEN
        RAISE EXCEPTION 'an entry does not name a lot of its customer'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'loyalty_ledger_entry_names_lot';
    END IF;
    IF differs THEN
        RAISE EXCEPTION 'a lot begins with what its entries say'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'loyalty_balance_follows_entries';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER loyalty_lots_compared AFTER INSERT ON loyalty_lot
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION loyalty_compare_new_lots();
DROP TRIGGER loyalty_balance_begins_at_zero ON loyalty_lot;
DROP TRIGGER loyalty_held_begins_at_zero ON loyalty_lot;
"""
NOT_BEGINNING = """
CREATE TRIGGER loyalty_balance_begins_at_zero BEFORE INSERT ON loyalty_lot FOR EACH ROW
    WHEN (NEW.remaining <> 0) EXECUTE FUNCTION loyalty_refuse_balance();
CREATE TRIGGER loyalty_held_begins_at_zero BEFORE INSERT ON loyalty_lot FOR EACH ROW
    WHEN (NEW.held <> 0) EXECUTE FUNCTION loyalty_refuse_balance();
DROP TRIGGER loyalty_lots_compared ON loyalty_lot;
DROP FUNCTION loyalty_compare_new_lots();
"""

# Balances change with each purchase: with room left on its page, a new one leaves the indexes alone.
ROOM = "ALTER TABLE loyalty_ledgeraccount SET (fillfactor = 70)"
NO_ROOM = "ALTER TABLE loyalty_ledgeraccount RESET (fillfactor)"


def through_the_customer(model: str, related_name: str) -> migrations.AlterField:
    reference = models.ForeignKey(
        db_constraint=False,
        db_index=False,
        on_delete=django.db.models.deletion.PROTECT,
        related_name=related_name,
        to="loyalty.project",
    )
    return migrations.AlterField(model_name=model, name="project", field=reference)


class Migration(migrations.Migration):
    dependencies = [("loyalty", "0006_lots_to_warn_of")]

    operations = [
        through_the_customer("order", "orders"),
        through_the_customer("lot", "lots"),
        through_the_customer("ledgertransaction", "+"),
        migrations.RunSQL(LOTS_MAY_FOLLOW, LOTS_COME_FIRST),
        migrations.RunSQL(FOLLOWING.format(but=LOT_TO_COME), FOLLOWING.format(but="")),
        migrations.RunSQL(BEGINNING, NOT_BEGINNING),
        migrations.RunSQL(ROOM, NO_ROOM),
    ]
