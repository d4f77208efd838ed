"""The supervisor and real servers, through the command line that bin/up and bin/test use."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
import redis
from stack import control, keys, leftovers, lifecycle, paths, readiness

pytestmark = pytest.mark.slow

Stack = Callable[..., subprocess.CompletedProcess[str]]

ALL_BUT_REDIS = {
    "DATABASE_URL": "postgresql://app@db/app",
    "KAFKA_BOOTSTRAP_SERVERS": "kafka:9092",
    "EMAIL_URL": "smtp://mail:25",
}
ALL_BUT_KAFKA = {
    "DATABASE_URL": "postgresql://app@db/app",
    "REDIS_URL": "redis://redis/0",
    "EMAIL_URL": "smtp://mail:25",
}


def record_of(name: str) -> dict[str, Any]:
    [record] = [record for record in control.status() if record["name"] == name]
    return record


def kill(name: str) -> None:
    """Kill a program and wait until another process of it runs."""
    pid = record_of(name)["pid"]
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: record_of(name)["pid"] not in (0, pid))


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "not within 20 s"


class TestServices:
    def test_starts_those_whose_address_is_not_given(self, stack: Stack) -> None:
        done = stack("services", **ALL_BUT_REDIS)

        variables = json.loads(done.stdout)
        assert redis.Redis.from_url(variables["REDIS_URL"]).ping()
        assert [record["name"] for record in control.status()] == ["redis"]

    def test_finds_them_up_the_second_time(self, stack: Stack) -> None:
        first = stack("services", **ALL_BUT_REDIS)
        pid = record_of("redis")["pid"]

        second = stack("services", **ALL_BUT_REDIS)

        assert second.stdout == first.stdout
        assert record_of("redis")["pid"] == pid

    def test_restarts_a_killed_one_with_its_data(self, stack: Stack) -> None:
        url = json.loads(stack("services", **ALL_BUT_REDIS).stdout)["REDIS_URL"]
        client = redis.Redis.from_url(url)
        client.set("kept", "yes")
        client.bgrewriteaof()

        kill("redis")

        wait_until(lambda: readiness.redis_answers(url) is None)
        assert redis.Redis.from_url(url).get("kept") == b"yes"

    def test_tells_the_new_address_of_a_broker_that_was_killed(self, stack: Stack) -> None:
        address = json.loads(stack("services", **ALL_BUT_KAFKA).stdout)["KAFKA_BOOTSTRAP_SERVERS"]
        before = readiness.kafka_address(address)

        kill("kafka")

        wait_until(lambda: readiness.kafka_answers() is None)
        assert readiness.kafka_address(address) != before

    def test_says_why_one_does_not_start(self, stack: Stack) -> None:
        broken = paths.private_folder(paths.redis_folder() / "appendonlydir") / "appendonly.aof.manifest"
        broken.write_text("no manifest\n")

        done = stack("services", **ALL_BUT_REDIS)

        assert done.returncode == 1
        assert "redis keeps failing" in done.stderr
        assert "manifest" in done.stderr
        assert not control.is_running()


class TestExecute:
    def test_gives_the_addresses_to_the_command(self, stack: Stack) -> None:
        url = json.loads(stack("services", **ALL_BUT_REDIS).stdout)["REDIS_URL"]

        done = stack("exec", "--", "sh", "-c", "echo $REDIS_URL; exit 7", **ALL_BUT_REDIS)

        assert done.stdout == f"{url}\n"
        assert done.returncode == 7

    def test_refuses_before_the_first_start(self, stack: Stack) -> None:
        done = stack("exec", "true")

        assert done.returncode == 1
        assert "never started" in done.stderr


class TestDown:
    def test_leaves_nothing_running(self, stack: Stack) -> None:
        stack("services", **ALL_BUT_REDIS)

        done = stack("down")

        assert done.stdout == "The stack is stopped.\n"
        assert leftovers.find(keys.load()["stack_mark"]) == []

    def test_says_that_nothing_was_up(self, stack: Stack) -> None:
        assert stack("down").stdout == "The stack was not up.\n"

    def test_stops_what_a_killed_supervisor_left(self, stack: Stack) -> None:
        stack("services", **ALL_BUT_REDIS)
        server = psutil.Process(record_of("redis")["pid"])
        os.kill(int((paths.run_folder() / "supervisor.pid").read_text()), signal.SIGKILL)

        stack("down")

        assert not server.is_running()

    def test_never_ends_a_foreign_process_of_the_recorded_number(self, stack: Stack) -> None:
        stack("services", **ALL_BUT_REDIS)
        stack("down")
        (paths.run_folder() / "supervisor.pid").write_text(f"{os.getpid()}\n")

        done = stack("down")

        assert done.returncode == 0


class TestStartAgain:
    def test_recovers_when_everything_was_killed(self, stack: Stack) -> None:
        stack("services", **ALL_BUT_REDIS)
        for left in leftovers.find(keys.load()["stack_mark"]):
            left.process.kill()

        done = stack("services", **ALL_BUT_REDIS)

        assert redis.Redis.from_url(json.loads(done.stdout)["REDIS_URL"]).ping()

    def test_waits_for_no_other_command(self, stack: Stack) -> None:
        with lifecycle.alone():
            done = stack("services", **ALL_BUT_REDIS)

        assert done.returncode == 1
        assert "another command" in done.stderr


class TestThrowAway:
    def test_leaves_what_is_not_of_the_stack(self, state: Path) -> None:
        keys.load()
        foreign = paths.state_folder() / "notes.txt"
        foreign.write_text("mine")

        lifecycle.throw_away()

        assert foreign.exists()
        assert not (state / "secrets.json").exists()
