"""The whole stack up, down, and its parts in between."""

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from stack import (
    control,
    demo,
    environment,
    follow,
    keys,
    paths,
    ports,
    postgres,
    prepare,
    processes,
    readiness,
    summary,
)

# A program that fails is not waited for; one that has hardly been given a processor yet is.
SERVERS_PATIENCE_SECONDS = 120
PRODUCT_PATIENCE_SECONDS = 240
INTERRUPTED = 130

# Everything the stack ever writes. --fresh removes these names and no others: AQUASTREAM_STATE may be mistyped.
STATE = (
    "apache-kafka",
    "beat",
    "demo.json",
    "log",
    "mail",
    "ports.json",
    "postgres",
    "postgres.path",
    "postgres.unfinished",
    "prepared",
    "redis",
    "run",
    "secrets.json",
    "sockets.path",
    "storage",
)


class AnotherIsStarting(Exception):
    """Another command starts or stops the stack of this state folder at this moment."""


class NeverStarted(Exception):
    """This state folder has no servers yet whose addresses a command could be given."""


def up(*, detach: bool, fresh: bool) -> int:
    """Start everything. Unless detached, show the logs until Ctrl-C and then stop everything."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    given = dict(os.environ)
    try:
        with alone():
            found_up = is_up() and not fresh
            values = (demo.read() or {}) if found_up else start_all(given, fresh=fresh)
        print(summary.text(values, mail_is_embedded="mail" in environment.embedded_servers(given)), flush=True)
        if found_up:
            print("  It was up already. bin/down stops it.\n", flush=True)
        if detach or found_up:
            return 0
        print("  Ctrl-C stops everything.\n", flush=True)
        follow.show([program.name for program in processes.PROGRAMS], until=lambda: not control.is_running())
    except KeyboardInterrupt:
        print("\nStopping", flush=True)
        stop_alone()
        print("Stopped", flush=True)
        return INTERRUPTED
    except AnotherIsStarting:
        raise
    except Exception:
        stop_alone()
        raise
    # By bin/down, or its supervisor was killed: then its programs must not stay alone.
    stop_alone()
    print("The stack was stopped.", flush=True)
    return 0


def interrupt(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def stop_alone() -> None:
    with alone():
        control.stop()


def start_all(given: Mapping[str, str], *, fresh: bool) -> dict[str, Any]:
    """Bring the whole system up and return what `demo.json` holds."""
    try:
        return _start_all(given, fresh=fresh)
    finally:
        ports.release()


def _start_all(given: Mapping[str, str], *, fresh: bool) -> dict[str, Any]:
    began = time.monotonic()
    control.stop()
    if fresh:
        throw_away()
    product = processes.of_product()
    variables = start_servers(given, also=product, durable=True)
    # With nothing new to migrate the product can start meanwhile.
    nothing_new = prepare.is_done(variables)
    say("Starting the processes" if nothing_new else "Migrations, translations, demo data")
    if nothing_new:
        control.start(product)
    made = None if nothing_new and prepare.is_needless(variables) else prepare.run(variables)
    if not nothing_new:
        say("Starting the processes")
        control.start(product)
    readiness.wait(readiness.product_checks(ports.remembered()), patience_seconds=PRODUCT_PATIENCE_SECONDS)
    values = (demo.read() or {}) | (made or {}) | addresses(variables)
    demo.write(values)
    say(f"Ready after {time.monotonic() - began:.1f} s")
    return values


def start_servers(given: Mapping[str, str], *, also: list[processes.Program], durable: bool) -> dict[str, str]:
    """Start the supervisor and the embedded servers, wait until they answer, return the product's environment."""
    servers = processes.embedded(given)
    chosen_ports = ports.choose()
    secrets = keys.load()
    say("Starting " + (", ".join(server.name for server in servers) or "no servers: all addresses are given"))
    if "postgres" in environment.embedded_servers(given) and postgres.make(postgres.locate()):
        prepare.forget()
    paths.kafka_address_file().unlink(missing_ok=True)
    control.launch([*servers, *also], durable=durable)
    control.start(servers)
    variables = environment.for_product(given, ports=chosen_ports, keys=secrets)
    readiness.wait(readiness.server_checks(servers, variables), patience_seconds=SERVERS_PATIENCE_SECONDS)
    return variables


def addresses(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the addresses that `demo.json` holds."""
    return {
        "web": variables["PUBLIC_URL"],
        "chat": variables["CHAT_URL"],
        "database": variables["DATABASE_URL"],
        "redis": variables["REDIS_URL"],
        "kafka": readiness.kafka_address(variables["KAFKA_BOOTSTRAP_SERVERS"]),
        "mail_folder": str(paths.mail_folder()),
    }


def is_up() -> bool:
    """Return whether every program of the product is supervised and the demo data is there."""
    return demo.read() is not None and run_under_supervisor(processes.of_product())


def servers_run() -> bool:
    return run_under_supervisor(processes.embedded(os.environ))


def run_under_supervisor(programs: list[processes.Program]) -> bool:
    if not control.is_running():
        return False
    running = {record["name"] for record in control.status() if record["statename"] in ("STARTING", "RUNNING")}
    return {program.name for program in programs} <= running


def services(*, durable: bool) -> dict[str, str]:
    """Start the servers only, for tests, and return the environment to reach them with."""
    with alone():
        if servers_run():
            return environment.for_product(os.environ, ports=ports.remembered(), keys=keys.load())
        control.stop()
        try:
            return start_servers(os.environ, also=[], durable=durable)
        except control.StackFailed:
            control.stop()
            raise
        finally:
            ports.release()


def execute(command: list[str]) -> int:
    """Run a command with the environment of the running stack."""
    chosen_ports = ports.remembered()
    if not chosen_ports:
        raise NeverStarted("it was never started: bin/up does")
    variables = environment.for_product(os.environ, ports=chosen_ports, keys=keys.load())
    done = subprocess.run(
        command[1:] if command[:1] == ["--"] else command,
        env=environment.without_stack() | variables,
        check=False,
    )
    return done.returncode


def down() -> int:
    with alone():
        stopped = control.stop()
    print("The stack is stopped." if stopped else "The stack was not up.", flush=True)
    return 0


def restart(names: list[str]) -> int:
    chosen = [processes.BY_NAME[name] for name in names] or processes.of_product()
    for program in chosen:
        say(f"Starting {program.name} again")
        control.restart(program)
    return 0


def print_status() -> int:
    if not control.is_running():
        print("The stack is down.")
        return 1
    for record in control.status():
        print(f"{record['name']:<16} {record['statename']:<9} {record['description']}")
    return 0


def throw_away() -> None:
    """Empty the state folder, with what it remembers outside of itself."""
    say("Throwing the old state away")
    for pointer, owner in (("postgres.path", postgres.UNPRIVILEGED_UID), ("sockets.path", os.geteuid())):
        file = paths.state_folder() / pointer
        if file.exists():
            folder = Path(file.read_text(encoding="utf-8").strip())
            if folder.name.startswith("aquastream-") and paths.is_private(folder, owner=owner):
                shutil.rmtree(folder)
    for name in STATE:
        path = paths.state_folder() / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


@contextmanager
def alone() -> Iterator[None]:
    """Keep two commands from starting and stopping the same stack at once."""
    with (paths.state_folder() / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise AnotherIsStarting("another command is starting or stopping this stack; try again after it") from error
        yield


def say(text: str) -> None:
    """Say progress where it is not taken for the answer, which may be JSON for another program."""
    print(f"· {text}", file=sys.stderr, flush=True)
