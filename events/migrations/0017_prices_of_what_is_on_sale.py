"""An event costs what can be bought of it now; what was or will be on sale counts only while nothing else is.

`prices_until` is when a sale opens or closes next, and the prices have to be looked at again.
"""

from django.db import migrations, models

KEEP_PRICES = """
DROP FUNCTION events_keep_prices(uuid[]);
CREATE FUNCTION events_keep_prices(events uuid[], at timestamptz DEFAULT now()) RETURNS void LANGUAGE sql AS $$
    WITH offered AS (
        SELECT wanted.id, price, sale_opens_at, sale_closes_at,
               CASE WHEN sale_closes_at <= at THEN 'over' WHEN sale_opens_at > at THEN 'later' ELSE 'now' END AS sale
        FROM unnest(events) AS wanted(id) LEFT JOIN events_tickettype ON event_id = wanted.id AND access_code = ''
    ), told AS (
        SELECT id,
               CASE WHEN bool_or(sale = 'now') THEN 'now' WHEN bool_or(sale = 'later') THEN 'later' ELSE 'over' END AS sale,
               least(
                   min(sale_opens_at) FILTER (WHERE sale_opens_at > at),
                   min(sale_closes_at) FILTER (WHERE sale_closes_at > at)
               ) AS until
        FROM offered GROUP BY id
    ), found AS (
        SELECT told.id, told.until, coalesce(min(price), 0) AS least, max(price) AS most
        FROM told JOIN offered USING (id, sale)
        GROUP BY told.id, told.until
    )
    UPDATE events_event
    SET price_from = found.least, price_to = found.most, prices_until = found.until
    FROM found
    WHERE events_event.id = found.id
      AND (price_from, price_to, prices_until) IS DISTINCT FROM (found.least, found.most, found.until)
$$;
DROP TRIGGER events_price_changed ON events_tickettype;
CREATE TRIGGER events_price_changed
    AFTER UPDATE OF price, access_code, sale_opens_at, sale_closes_at OR DELETE ON events_tickettype
    FOR EACH ROW EXECUTE FUNCTION events_price_changed();
SELECT events_keep_prices(array(
    SELECT DISTINCT event_id FROM events_tickettype WHERE sale_opens_at IS NOT NULL OR sale_closes_at IS NOT NULL
));
"""
# As migration 0004 has made them.
COUNT_ALL = """
DROP FUNCTION events_keep_prices(uuid[], timestamptz);
CREATE FUNCTION events_keep_prices(events uuid[]) RETURNS void LANGUAGE sql AS $$
    UPDATE events_event
    SET price_from = coalesce(found.least, 0), price_to = found.most
    FROM (
        SELECT wanted.id, min(price) AS least, max(price) AS most
        FROM unnest(events) AS wanted(id) LEFT JOIN events_tickettype
            ON event_id = wanted.id AND access_code = ''
        GROUP BY wanted.id
    ) AS found
    WHERE events_event.id = found.id
      AND (price_from, price_to) IS DISTINCT FROM (coalesce(found.least, 0), found.most)
$$;
DROP TRIGGER events_price_changed ON events_tickettype;
CREATE TRIGGER events_price_changed AFTER UPDATE OF price, access_code OR DELETE ON events_tickettype
    FOR EACH ROW EXECUTE FUNCTION events_price_changed();
SELECT events_keep_prices(array(SELECT DISTINCT event_id FROM events_tickettype));
"""


class Migration(migrations.Migration):
    dependencies = [("events", "0016_doors_open")]

    operations = [
        migrations.AddField(
            model_name="event",
            name="prices_until",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(
                condition=models.Q(("prices_until__isnull", False)),
                fields=["prices_until"],
                name="events_event_prices_due",
            ),
        ),
        migrations.RunSQL(KEEP_PRICES, COUNT_ALL),
    ]
