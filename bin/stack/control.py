"""Start, ask and stop supervisord, which runs the programs, starts them again and stops them in order."""

import os
import subprocess
import sys
import time
import xmlrpc.client  # nosec B411
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import psutil
from supervisor.xmlrpc import SupervisorTransport

from stack import keys, leftovers, paths, processes

# A program that fails this often while the stack starts won't come up.
HOPELESS_AFTER_STARTS = 3

# Longer than the patience with the slowest program of each stage together.
SHUTDOWN_PATIENCE_SECONDS = 90

# Supervisord's calls take no keywords.
WITHOUT_WAITING = False


class StackFailed(Exception):
    """The stack did not come up. The text says which program failed and why."""


def launch(programs: Iterable[processes.Program], *, durable: bool) -> None:
    """Start supervisord for these programs; none of them runs yet."""
    configuration = paths.run_folder() / "supervisor.conf"
    paths.write_atomically(configuration, processes.supervisor_configuration(programs))
    processes.control_socket().unlink(missing_ok=True)
    secrets = keys.load()
    variables = os.environ | {
        "PATH": f"{processes.PYTHON.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "PYTHONPATH": str(paths.PROJECT / "bin"),
        "STACK_SOCKETS": str(paths.socket_folder()),
        "AQUASTREAM_STATE": str(paths.state_folder()),
        "AQUASTREAM_NOT_DURABLE": "0" if durable else "1",
        leftovers.MARK: secrets["stack_mark"],
        leftovers.NAME: "supervisor",
    }
    command = [sys.executable, "-m", "supervisor.supervisord", "--configuration", str(configuration)]
    with (paths.log_folder() / "supervisor.err").open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=paths.state_folder(),
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            # Ctrl-C in the terminal must reach `bin/up` only, which then stops all in order.
            start_new_session=True,
        )
    deadline = time.monotonic() + 20
    while not is_running():
        if process.poll() is not None or time.monotonic() > deadline:
            reason = (paths.log_folder() / "supervisor.err").read_text(encoding="utf-8")
            raise StackFailed(f"supervisord did not start:\n{reason}")
        time.sleep(0.05)


def is_running() -> bool:
    try:
        with rpc() as supervisor:
            return bool(supervisor.getState()["statename"] in ("RUNNING", "RESTARTING", "SHUTDOWN"))
    except (OSError, xmlrpc.client.Error):
        return False


def start(programs: Iterable[processes.Program]) -> None:
    """Start programs at once, without waiting until they answer."""
    with rpc() as supervisor:
        for program in programs:
            supervisor.startProcess(f"{program.stage}:{program.name}", WITHOUT_WAITING)


def restart(program: processes.Program) -> None:
    with rpc() as supervisor:
        supervisor.stopProcess(f"{program.stage}:{program.name}")
        supervisor.startProcess(f"{program.stage}:{program.name}", WITHOUT_WAITING)


def status() -> list[dict[str, Any]]:
    """Return supervisord's record of each program: name, group, statename, pid, start, description."""
    with rpc() as supervisor:
        return list(supervisor.getAllProcessInfo())


def stop() -> bool:
    """Stop all programs in order, then whatever a killed supervisor left behind. Return whether anything ran."""
    supervised = is_running()
    if supervised:
        with rpc() as supervisor:
            process = psutil.Process(supervisor.getPID())
            supervisor.shutdown()
        process.wait(timeout=SHUTDOWN_PATIENCE_SECONDS)
    left = leftovers.find(keys.load()["stack_mark"])
    servers = {program.name for program in processes.PROGRAMS if program.stage == processes.SERVERS}
    # The servers last: the others still write to them.
    leftovers.end(each for each in left if each.name not in servers)
    leftovers.end(each for each in left if each.name in servers)
    return supervised or bool(left)


@contextmanager
def rpc() -> Iterator[Any]:
    """Open the door to supervisord: its methods are made at run time, so they have no types.

    Its XML is trusted: it comes through a private socket from the stack's own process.
    """
    transport = SupervisorTransport(None, None, f"unix://{processes.control_socket()}")
    with xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport) as proxy:
        yield proxy.supervisor


class Watch:
    """Tells while the stack starts which program fails again and again."""

    def __init__(self) -> None:
        self.starts: dict[str, set[int]] = {}

    def check(self) -> None:
        """Raise StackFailed with the log's end when a program keeps failing."""
        for record in status():
            seen = self.starts.setdefault(record["name"], set())
            if record["start"]:
                seen.add(record["start"])
            if len(seen) >= HOPELESS_AFTER_STARTS:
                raise StackFailed(f"{record['name']} keeps failing. The end of its log:\n{log_end(record['name'])}")


def log_end(name: str, *, lines: int = 25) -> str:
    file = processes.log_file(name)
    if not file.exists():
        return "(no log)"
    return "\n".join(file.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
