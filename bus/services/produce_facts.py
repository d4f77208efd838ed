"""Write each new fact to Kafka as CloudEvents 1.0 JSON, in order per key, at least once.

Two short transactions around the sending: none is open while the broker is waited for, because an open one would hold
back the horizon of every other reader (Note [Windows]). The place moves only after the whole batch is acknowledged.
A cluster that has forgotten (new identity) gets the last hours again, with the same ids: consumers deduplicate by them.
"""

from datetime import timedelta

import msgspec
import structlog
from django.db.models import Min
from django.utils import timezone

from bus.kafka import FactProducer
from bus.models import OutboxRow, RelayCursor
from bus.services.read_outbox import StoredFact, become_reader, move_cursor, next_rows
from common.transactions import use_case

log = structlog.get_logger(__name__)

CURSOR = "kafka"
BATCH = 2000
REWIND = timedelta(hours=6)


def produce_facts(*, producer: FactProducer) -> int:
    """Send the next batch and wait for its acknowledgements; return how many facts were read.

    Raises:
        KafkaUnavailable: not everything was acknowledged in time; the place stays, the batch is sent again.
        ReaderReplaced: another process has moved the place meanwhile.
    """
    if not become_reader(CURSOR):
        return 0
    with use_case():
        cursor = RelayCursor.objects.get(name=CURSOR)
        place = cursor.place
        _notice_forgetful_cluster(cursor, producer.cluster_id)
        rows = next_rows(cursor, limit=BATCH)
    producer.send_all((row.topic, row.key, cloud_event(row), headers_of(row)) for row in rows)
    if cursor.place != place:
        with use_case():
            move_cursor(cursor, moved_from=place)
    return len(rows)


def cloud_event(row: StoredFact | OutboxRow) -> bytes:
    """Return the fact as a CloudEvents 1.0 JSON document."""
    return msgspec.json.encode(
        {
            "specversion": "1.0",
            "id": str(row.fact_id),
            "source": f"/aquastream/{row.wire_type.split('.')[0]}",
            "type": row.wire_type,
            "subject": row.key,
            "time": row.occurred_at,
            "datacontenttype": "application/json",
            "data": msgspec.Raw(row.payload.encode()),
        }
    )


def headers_of(row: StoredFact | OutboxRow) -> dict[str, str]:
    """Return the Kafka headers: identity and type without parsing, and the request that caused it."""
    return {"ce_id": str(row.fact_id), "ce_type": row.wire_type, "x-request-id": row.request_id}


def _notice_forgetful_cluster(cursor: RelayCursor, cluster_id: str) -> None:
    if cursor.cluster_id == cluster_id:
        return
    if cursor.cluster_id:
        since = timezone.now() - REWIND
        first = OutboxRow.objects.filter(occurred_at__gte=since).aggregate(first=Min("transaction_id"))["first"]
        if first is not None and first < cursor.to_transaction:
            cursor.from_transaction = cursor.to_transaction = first
            cursor.last_id = 0
        log.warning("bus.kafka.cluster_changed", was=cursor.cluster_id, now=cluster_id)
    cursor.cluster_id = cluster_id
