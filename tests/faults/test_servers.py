"""Redis emptied or away, Kafka without its memory, a database that takes no writes, a process that stands still."""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import psycopg
import pytest
import redis
from stack import control, processes

from tests.faults.conftest import FULL
from tests.faults.crowd import Crowd, Eventually

Client = Callable[..., httpx.Client]
Mails = Callable[[str], list[Any]]
AWAY_SECONDS = 60 if FULL else 4
WORKING = ("worker-critical", "worker-bulk", "relay", "consumer")
# All at once, and in the long form each alone too: then the others go on with what it holds.
STANDSTILLS = [WORKING, *(((kind,) for kind in WORKING) if FULL else ())]


@contextmanager
def stopped(kind: str) -> Iterator[None]:
    """Stop a server for the block; nobody answers at its address."""
    name = f"{processes.BY_NAME[kind].stage}:{kind}"
    with control.rpc() as supervisor:
        supervisor.stopProcess(name)
    try:
        yield
    finally:
        with control.rpc() as supervisor:
            supervisor.startProcess(name)


@contextmanager
def read_only(database: psycopg.Connection) -> Iterator[None]:
    """Let the database take no writes for the block."""
    database.execute("ALTER SYSTEM SET default_transaction_read_only = on")
    database.execute("SELECT pg_reload_conf()")
    try:
        yield
    finally:
        database.execute("SET default_transaction_read_only = off")
        database.execute("ALTER SYSTEM RESET default_transaction_read_only")
        database.execute("SELECT pg_reload_conf()")


class TestRedis:
    def test_emptied_under_load_loses_nothing(
        self, crowd: Crowd, stack: dict[str, Any], eventually: Eventually, mails_to: Mails
    ) -> None:
        with crowd.at_work():
            time.sleep(0.5)
            redis.Redis.from_url(stack["redis"]).flushall()
            booking_id = crowd.traveller.book_and_pay()

        crowd.check_effects(eventually, mails_to, booking_id=booking_id)

    def test_away_for_a_while_leaves_the_api_at_work(
        self, crowd: Crowd, state: None, client: Client, eventually: Eventually, mails_to: Mails
    ) -> None:
        with crowd.at_work(), stopped("redis"):
            began = time.monotonic()
            booking_id = crowd.traveller.book_and_pay()
            assert client().get("/api/v1/events/").status_code == 200
            ready = client().get("/readyz")
            assert (ready.status_code, "redis" in ready.json()["degraded"]) == (200, True)
            time.sleep(max(0.0, AWAY_SECONDS - (time.monotonic() - began)))

        crowd.check_effects(eventually, mails_to, booking_id=booking_id)


class TestKafka:
    def test_away_and_back_without_its_memory_loses_nothing(
        self, crowd: Crowd, state: None, eventually: Eventually, mails_to: Mails
    ) -> None:
        with crowd.at_work(), stopped("kafka"):
            booking_id = crowd.traveller.book_and_pay()
            time.sleep(AWAY_SECONDS / 2)

        crowd.check_effects(eventually, mails_to, booking_id=booking_id)


class TestDatabase:
    def test_without_writes_is_said_clearly_and_harms_nothing(
        self, crowd: Crowd, database: psycopg.Connection, client: Client, eventually: Eventually, mails_to: Mails
    ) -> None:
        with read_only(database):
            eventually(lambda: client().get("/readyz").status_code == 503, what="readiness turns red")
            path = f"/api/webhook/{crowd.stack['loyalty']['webhook_secret']}"
            refused = client().post(path, json={"event": "get_balance", "email": "anna@example.com"})
            booking = client("user2").post(
                "/api/v1/bookings/",
                json={"event": crowd.traveller.event["id"], "items": crowd.traveller.two_seats()},
                headers={"Idempotency-Key": "no-writes"},
            )
        with crowd.at_work():
            booking_id = crowd.traveller.book_and_pay()

        for answer in (refused, booking):
            assert (answer.status_code, answer.json()["code"]) == (503, "unavailable"), answer.text
            assert int(answer.headers["Retry-After"]) > 0
        crowd.check_effects(eventually, mails_to, booking_id=booking_id)


class TestStandstill:
    @pytest.mark.parametrize("kinds", STANDSTILLS, ids=" and ".join)
    def test_what_a_frozen_process_held_is_done_once(
        self,
        kinds: tuple[str, ...],
        crowd: Crowd,
        signalling: Callable[[str, int], int],
        eventually: Eventually,
        mails_to: Mails,
    ) -> None:
        with crowd.at_work():
            time.sleep(0.3)
            for kind in kinds:
                signalling(kind, signal.SIGSTOP)
            try:
                time.sleep(AWAY_SECONDS)
            finally:
                for kind in kinds:
                    signalling(kind, signal.SIGCONT)
            booking_id = crowd.traveller.book_and_pay()

        crowd.check_effects(eventually, mails_to, booking_id=booking_id)
