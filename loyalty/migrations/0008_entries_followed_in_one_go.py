"""The trigger that follows entries looks at each account and lot once, by its key, whatever the tables have grown to.

Its three statements each joined the entries with accounts and lots, and a plan that a session had made for many entries read
whole tables: the more customers, the dearer each batch.
"""

from importlib import import_module

from django.db import migrations

# As in 0007: balanced first, then named rightly, and only then do the balances and the lots move.
# `SET`: plans are kept for a session, and whatever the tables held when it began, lines are few beside accounts and lots.
FOLLOWING = """
CREATE OR REPLACE FUNCTION loyalty_follow_entries() RETURNS trigger LANGUAGE plpgsql
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off AS $$
DECLARE
    strange boolean;
BEGIN
    IF EXISTS (SELECT FROM fresh GROUP BY transaction_id HAVING sum(amount) <> 0) THEN
        RAISE EXCEPTION 'the entries of a transaction do not sum to zero'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'loyalty_ledger_transaction_balanced';
    END IF;
    WITH line AS MATERIALIZED (
        SELECT fresh.transaction_id, fresh.account_id, fresh.lot_id, fresh.amount, account.customer_id, account.kind,
            lot.id IS NOT NULL AS has_lot, lot.customer_id AS lot_customer_id
        FROM fresh JOIN loyalty_ledgeraccount account ON account.id = fresh.account_id
        LEFT JOIN loyalty_lot lot ON lot.id = fresh.lot_id
    ), stranger AS MATERIALIZED (
        SELECT FROM line
        WHERE CASE WHEN kind = 'debt' THEN NULL ELSE customer_id END IS DISTINCT FROM lot_customer_id
        AND NOT (NOT has_lot AND lot_id IS NOT NULL)
        AND NOT (has_lot AND customer_id IS NOT NULL AND kind <> 'debt' AND EXISTS (
            SELECT FROM loyalty_ledgertransaction posted WHERE posted.id = line.transaction_id AND posted.kind = 'merge'))
        LIMIT 1
    ), balance AS (
        UPDATE loyalty_ledgeraccount account SET balance = account.balance + moved.amount
        FROM (SELECT account_id, sum(amount) AS amount FROM line WHERE customer_id IS NOT NULL GROUP BY account_id) moved
        WHERE account.id = moved.account_id AND NOT EXISTS (SELECT FROM stranger)
    ), rest AS (
        UPDATE loyalty_lot lot SET remaining = lot.remaining + moved.amount, held = lot.held + moved.held
        FROM (
            SELECT lot_id, sum(amount) AS amount, coalesce(sum(amount) FILTER (WHERE kind = 'held'), 0) AS held
            FROM line WHERE has_lot GROUP BY lot_id
        ) moved
        WHERE lot.id = moved.lot_id AND (moved.amount <> 0 OR moved.held <> 0) AND NOT EXISTS (SELECT FROM stranger)
    )
    SELECT EXISTS (SELECT FROM stranger) INTO strange;
    IF strange THEN
        RAISE EXCEPTION 'an entry does not name a lot of its customer'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'loyalty_ledger_entry_names_lot';
    END IF;
    RETURN NULL;
END $$;
"""
before = import_module("loyalty.migrations.0007_lots_begin_with_their_entries")
FOLLOWING_BEFORE = before.FOLLOWING.format(but=before.LOT_TO_COME)


class Migration(migrations.Migration):
    dependencies = [("loyalty", "0007_lots_begin_with_their_entries")]

    operations = [migrations.RunSQL(FOLLOWING, FOLLOWING_BEFORE)]
