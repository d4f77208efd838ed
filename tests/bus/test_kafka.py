"""Against librdkafka's mock cluster, and against Apache Kafka where AQUASTREAM_TEST_KAFKA names one."""

import os
import uuid
from collections.abc import Callable, Iterator

import pytest
from confluent_kafka import OFFSET_BEGINNING, Consumer, Producer, TopicPartition

from bus.consumer import read_once
from bus.kafka import FactProducer, KafkaUnavailable, TopicReader, answers, to_message
from bus.models import OutboxRow, RelayCursor
from bus.services.produce_facts import CURSOR, produce_facts
from bus.services.record_fact import record_fact
from bus.subscriptions import Message, TopicConsumer, UnreadableMessage
from common.transactions import use_case
from tests.bus.facts import PotBoiled
from tests.bus.horizon import until_read

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.kafka]

BROKERS = ["mock", *(["apache"] if os.environ.get("AQUASTREAM_TEST_KAFKA") else [])]


def mock_cluster() -> tuple[Producer, str]:
    """Start a broker inside this process; it lives as long as the returned producer."""
    owner = Producer({"bootstrap.servers": "ignored", "test.mock.num.brokers": 1, "log_level": 2})
    [broker] = owner.list_topics(timeout=5).brokers.values()
    return owner, f"{broker.host}:{broker.port}"


@pytest.fixture(params=BROKERS)
def broker(request: pytest.FixtureRequest, settings: object) -> Iterator[str]:
    if request.param == "apache":
        settings.KAFKA_BOOTSTRAP_SERVERS = os.environ["AQUASTREAM_TEST_KAFKA"]
        yield settings.KAFKA_BOOTSTRAP_SERVERS
        return
    owner, address = mock_cluster()
    settings.KAFKA_BOOTSTRAP_SERVERS = address
    yield address
    owner.flush(1)


@pytest.fixture
def read_topic(broker: str) -> Iterator[Callable[..., list[Message]]]:
    """Read a whole topic without a group: joining one takes three seconds."""
    reader = Consumer({"bootstrap.servers": broker, "group.id": f"test-{uuid.uuid4()}", "enable.auto.commit": False})

    def read(topic: str, *, until: int) -> list[Message]:
        partitions = reader.list_topics(topic, timeout=5).topics[topic].partitions
        reader.assign([TopicPartition(topic, partition, OFFSET_BEGINNING) for partition in partitions])
        found: list[Message] = []
        for _ in range(100):
            found += [to_message(raw) for raw in reader.consume(100, timeout=0.1) if not raw.error()]
            if len(found) >= until:
                break
        return found

    yield read
    reader.close()


def state(*pots: str) -> None:
    with use_case():
        for pot in pots:
            record_fact(PotBoiled(pot_id=pot))


class TestProduceFacts:
    def test_writes_cloud_events_in_order_per_key(self, read_topic: Callable[..., list[Message]]) -> None:
        pot = str(uuid.uuid4())
        state(pot, pot, pot)

        producer = FactProducer()

        sent = until_read(lambda: produce_facts(producer=producer), count=3)

        mine = [one for one in read_topic("tests.pot", until=3) if one.key == pot]
        assert sent == 3
        assert [one.id for one in mine] == [str(row.fact_id) for row in OutboxRow.objects.order_by("id")]
        assert b'"specversion":"1.0"' in mine[0].value
        assert b'"type":"tests.pot.boiled.v1"' in mine[0].value

    def test_sends_nothing_twice(self, broker: str) -> None:
        state("a")
        producer = FactProducer()

        assert until_read(lambda: produce_facts(producer=producer), count=1) == 1
        assert produce_facts(producer=producer) == 0

    def test_sends_again_to_a_cluster_that_has_forgotten(self, settings: object) -> None:
        first, settings.KAFKA_BOOTSTRAP_SERVERS = mock_cluster()
        state("a", "b")
        producer = FactProducer()
        until_read(lambda: produce_facts(producer=producer), count=2)
        second, settings.KAFKA_BOOTSTRAP_SERVERS = mock_cluster()
        RelayCursor.objects.filter(name=CURSOR).update(cluster_id="a cluster of the past")

        producer = FactProducer()
        sent_again = until_read(lambda: produce_facts(producer=producer), count=2)

        assert sent_again == 2
        assert first
        assert second

    def test_keeps_its_place_while_no_broker_answers(self, settings: object) -> None:
        settings.KAFKA_BOOTSTRAP_SERVERS = "127.0.0.1:1"
        state("a")

        with pytest.raises(KafkaUnavailable):
            produce_facts(producer=FactProducer())
        assert not answers()
        assert not RelayCursor.objects.filter(last_id__gt=0).exists()


class TestReadOnce:
    def test_moves_the_unreadable_to_the_dead_letter_topic_with_the_reason(
        self, read_topic: Callable[..., list[Message]]
    ) -> None:
        topic = f"tests-{uuid.uuid4()}"
        producer = FactProducer()
        strange = [("x", b"\xff\x00"), ("x", None), ("x", b"again"), ("x-dead-reason", b"an older one")]
        producer.send_all([(topic, "k", b"good", {}), (topic, b"\xff", b"bad", strange)])
        done: list[bytes] = []

        def consume(messages: list[Message]) -> None:
            for one in messages:
                if one.value == b"bad":
                    raise UnreadableMessage("not JSON")
                done.append(one.value)

        reader = TopicReader(group=f"test-{uuid.uuid4()}", topic=topic)
        consumer = TopicConsumer("tests.reader", topic, consume)
        handled = 0
        for _ in range(200):
            handled += read_once(consumer, reader)
            if handled == 2:
                break
        reader.close()

        [dead] = read_topic(f"{topic}.dlq", until=1)
        assert done[-1:] == [b"good"]
        assert dead.value == b"bad"
        assert "not JSON" in dead.headers["x-dead-reason"]
        assert dead.raw_key == b"\xff"
        assert dead.raw_headers[:3] == (("x", b"\xff\x00"), ("x", None), ("x", b"again"))
        assert [name for name, _ in dead.raw_headers[3:]] == ["x-dead-reason", "x-dead-consumer", "x-dead-from"]
