"""A Kafka cluster of one broker: the mock that librdkafka carries for tests of its own clients.

It speaks the real protocol to other processes, keeps nothing on disk and takes a new port at each start. So its address
is a file, and clients are given `file:<path>` to read again at each connect.
"""

import signal
import threading
from types import FrameType

from confluent_kafka import KafkaError, Producer

from stack import demo, paths


class BrokerFailed(Exception):
    """The mock cluster reported an error that it can't recover from."""


def serve() -> None:
    """Run the broker until SIGTERM or SIGINT."""
    stopped = threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopped.set()

    def on_error(error: KafkaError) -> None:
        if error.fatal():
            raise BrokerFailed(error.str())

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    paths.kafka_address_file().unlink(missing_ok=True)
    # The cluster lives as long as this client of it.
    host = Producer({"bootstrap.servers": "mock", "test.mock.num.brokers": 1, "error_cb": on_error})
    broker = next(iter(host.list_topics(timeout=10).brokers.values()))
    address = f"{broker.host}:{broker.port}"
    paths.write_atomically(paths.kafka_address_file(), address)
    demo.change(kafka=address)
    print(f"Kafka protocol on {address}", flush=True)
    while not stopped.is_set():
        host.poll(0.5)
    paths.kafka_address_file().unlink(missing_ok=True)


if __name__ == "__main__":
    serve()
