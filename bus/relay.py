"""The relay process: two readers of the outbox that don't wait for each other, and the sweep of lost tasks."""

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

import structlog
from django.db import DatabaseError, InterfaceError, connection

from bus.kafka import IsStopping, KafkaUnavailable, connected_producer
from bus.metrics import FACTS_RELAYED
from bus.pressure import PressureGauge, pause_after
from bus.services.dispatch_facts import CURSOR as HANDLERS_CURSOR
from bus.services.dispatch_facts import dispatch_facts
from bus.services.produce_facts import produce_facts
from bus.services.read_outbox import ReaderReplaced, become_reader
from bus.services.requeue_deliveries import requeue_deliveries
from bus.subscriptions import HANDLERS
from bus.wakeup import Alarm, queue_task
from common.transactions import use_case

log = structlog.get_logger(__name__)

POLL_SECONDS = 0.1
QUIET_POLL_SECONDS = 1.0
# Facts that follow each other closely are taken together: to wake for each would cost more than the facts themselves.
GATHER_SECONDS = 0.1
SWEEP_SECONDS = 1.0
STANDBY_SECONDS = 1.0
TASK_SIZE = 50
MANY = 200


def run_relay(*, is_stopping: IsStopping) -> None:
    """Run until told to stop."""
    loops = [relay_to_handlers, relay_to_kafka, sweep_deliveries]
    threads = [
        threading.Thread(target=_survive, args=(loop, is_stopping), name=loop.__name__, daemon=True) for loop in loops
    ]
    for thread in threads:
        thread.start()
    while not is_stopping() and all(thread.is_alive() for thread in threads):
        time.sleep(0.2)
    is_stopping.stop()
    for thread in threads:
        thread.join(timeout=20)


def relay_to_handlers(is_stopping: IsStopping) -> None:
    """Turn facts into deliveries and wake workers."""
    alarm, gauge = Alarm("relay"), PressureGauge()
    while not is_stopping():
        if not become_reader(HANDLERS_CURSOR):
            time.sleep(STANDBY_SECONDS)
            continue
        with use_case():
            read, deliveries = dispatch_facts()
        send_to_workers(deliveries)
        FACTS_RELAYED.labels(reader="handlers").inc(read)
        rest_after(read, alarm)
        time.sleep(pause_after(gauge.level))


def relay_to_kafka(is_stopping: IsStopping) -> None:
    """Send facts to Kafka; after a failure with a new producer, from the last acknowledged batch."""
    alarm, gauge = Alarm("relay"), PressureGauge()
    for producer in connected_producer(is_stopping=is_stopping):
        try:
            while not is_stopping():
                read = produce_facts(producer=producer)
                FACTS_RELAYED.labels(reader="kafka").inc(read)
                rest_after(read, alarm)
                time.sleep(pause_after(gauge.level))
        except KafkaUnavailable as error:
            log.warning("bus.kafka.unavailable", error=str(error))
            time.sleep(0.5)


def rest_after(read: int, alarm: Alarm) -> None:
    """Wait for more facts after `read` of them: none, some, or a whole batch, behind which more are lying."""
    if read == 0:
        alarm.wait(POLL_SECONDS, when_quiet=QUIET_POLL_SECONDS)
    elif read < MANY:
        time.sleep(GATHER_SECONDS)


def sweep_deliveries(is_stopping: IsStopping) -> None:
    """Send tasks again for deliveries that are due: retries, and tasks that Redis has lost."""
    while not is_stopping():
        with use_case():
            due = requeue_deliveries()
        send_to_workers(due)
        time.sleep(SWEEP_SECONDS)


def send_to_workers(deliveries: Mapping[str, Sequence[int]]) -> None:
    """Wake workers for deliveries by handler, those of one queue together; losable, the sweep repeats what got lost."""
    by_queue: dict[str, list[int]] = defaultdict(list)
    for handler, delivery_ids in deliveries.items():
        by_queue[HANDLERS[handler].queue] += delivery_ids
    for queue, delivery_ids in by_queue.items():
        in_order = sorted(delivery_ids)
        for start in range(0, len(in_order), TASK_SIZE):
            queue_task("bus.run_deliveries", [in_order[start : start + TASK_SIZE]], queue=queue)


def _survive(loop: Callable[[IsStopping], None], is_stopping: IsStopping) -> None:
    """Run a loop again after the database was away, or another relay has taken over."""
    while not is_stopping():
        try:
            loop(is_stopping)
        except (DatabaseError, InterfaceError, ReaderReplaced) as error:
            log.error("bus.relay.interrupted", loop=loop.__name__, error=str(error))
            connection.close()
            time.sleep(0.5)
