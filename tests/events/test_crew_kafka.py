"""The crew's whole way through a broker: asked, answered, answered again, withdrawn."""

import random
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from bus.consumer import read_once
from bus.kafka import FactProducer, TopicReader
from bus.services.produce_facts import produce_facts
from bus.subscriptions import CONSUMERS, Message
from common.transactions import use_case
from config.management.commands.simulate_crew import answer
from events.actors import Actor
from events.models import CrewAssignment, Event
from events.services.request_crew import request_crew
from tests.bus.horizon import until_read
from tests.bus.test_kafka import broker, read_topic  # noqa: F401  (fixtures)
from tests.factories.events import make_event

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.kafka]

NOW = datetime.now(UTC)


def statuses(event: Event) -> list[str]:
    return sorted(CrewAssignment.objects.filter(event=event).values_list("status", flat=True))


def test_a_crew_is_asked_for_assigned_and_withdrawn_through_kafka(
    broker: str,  # noqa: F811
    read_topic: Callable[..., list[Message]],  # noqa: F811
) -> None:
    event = make_event()
    owner = Actor(event.organizer.members.get().user_id)
    with use_case():
        request_crew(actor=owner, event_id=event.id, roles={"captain": 2}, now=NOW)
    producer = FactProducer()
    until_read(lambda: produce_facts(producer=producer), count=1)
    [asked] = [one for one in read_topic("events.crew", until=1) if one.key == str(event.id)]

    replies = answer(asked.value, random.Random(3))
    # The crew service sends everything twice, the second time under another id.
    again = [(topic, key, value, {"ce_id": str(uuid.uuid4())}) for topic, key, value, _headers in replies]
    told = msgspec.json.decode(replies[0][2])
    withdrawn = told | {"status": "withdrawn", "at": datetime.now(UTC) + timedelta(seconds=1)}
    last = ("crew.replies", str(event.id), msgspec.json.encode(withdrawn), {"ce_id": str(uuid.uuid4())})
    unreadable = ("crew.replies", str(event.id), b"{", {"ce_id": str(uuid.uuid4())})
    producer.send_all([*replies, *replies, unreadable, *again, last, *replies])
    consumer = CONSUMERS["events.consume_crew_replies"]
    reader = TopicReader(group=f"test-{uuid.uuid4()}", topic=consumer.topic)
    sent = 3 * len(replies) + len(again) + 2
    read = 0
    for _ in range(200):
        read += read_once(consumer, reader)
        if read >= sent and statuses(event) == ["assigned", "withdrawn"]:
            break
    reader.close()

    assert statuses(event) == ["assigned", "withdrawn"]
    [dead] = [one for one in read_topic("crew.replies.dlq", until=1) if one.key == str(event.id)]
    assert "DecodeError" in dead.headers["x-dead-reason"]
    asked_again = until_read(lambda: produce_facts(producer=producer), count=1)
    assert asked_again == 1
