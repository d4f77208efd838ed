"""What runs: every process of the stack, its command, and in which order processes start and stop."""

import os
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from stack import environment, paths, postgres, redis

PYTHON = Path(sys.executable)

# Each stage stops before those above it: requests first, then jobs, then the servers that both need.
SERVERS, JOBS, EDGE = "servers", "jobs", "edge"
STAGES = {SERVERS: 100, JOBS: 200, EDGE: 300}


@dataclass(frozen=True, kw_only=True)
class Choices:
    """What this start of the stack has settled on."""

    ports: Mapping[str, int]
    keys: Mapping[str, str]
    durable: bool


@dataclass(frozen=True, kw_only=True)
class Program:
    name: str
    stage: str
    command: Callable[[Choices], list[str]]
    # A process that lives shorter than this has failed to start, and is started again ever later.
    settled_after_seconds: int = 5
    stop_signal: str = "TERM"
    stop_patience_seconds: int = 10
    # Where the processor doesn't suffice for all, whoever waits for an answer goes first (the higher, the later).
    niceness: int = 0


def postgres_server(choices: Choices) -> list[str]:
    return postgres.command(postgres.locate(), durable=choices.durable)


def redis_server(choices: Choices) -> list[str]:
    return redis.command(port=choices.ports["redis"], password=choices.keys["redis_password"])


def kafka_server(choices: Choices) -> list[str]:
    return [str(PYTHON), "-m", "stack.kafka"]


def mail_server(choices: Choices) -> list[str]:
    return [str(PYTHON), "-m", "stack.mail", str(choices.ports["mail"])]


def web(choices: Choices) -> list[str]:
    address = ["--host", "127.0.0.1", "--port", str(choices.ports["web"])]
    size = ["--workers", "2", "--blocking-threads", "4"]
    return [script("granian"), "--interface", "wsgi", *address, *size, "config.wsgi:application"]


def chat(choices: Choices) -> list[str]:
    address = ["--host", "127.0.0.1", "--port", str(choices.ports["chat"])]
    sockets = ["--ws", "websockets-sansio", "--ws-per-message-deflate", "false", "--ws-max-size", "65536"]
    return [script("uvicorn"), "config.asgi:application", *address, *sockets, "--timeout-graceful-shutdown", "5"]


def critical_worker(choices: Choices) -> list[str]:
    return worker("critical", queues=("critical", "webhooks"))


def bulk_worker(choices: Choices) -> list[str]:
    return worker("bulk", queues=("notifications", "bulk"))


def beat(choices: Choices) -> list[str]:
    # When each task ran last, so that a restart does not lose a nightly one.
    schedule = paths.private_folder(paths.state_folder() / "beat") / "schedule"
    return [script("celery"), "-A", "config", "beat", "--loglevel", "WARNING", "--schedule", str(schedule)]


def relay(choices: Choices) -> list[str]:
    return manage("relay_outbox")


def consumer(choices: Choices) -> list[str]:
    return manage("consume_kafka")


def worker(name: str, *, queues: Iterable[str]) -> list[str]:
    # Two workers of one machine have nothing to tell each other, and waiting for an answer costs a second of start.
    alone = ["--without-gossip", "--without-mingle"]
    which = ["--queues", ",".join(queues), "--hostname", f"{name}@%h", "--concurrency", "2"]
    # `migrate` has checked the project.
    return [script("celery"), "--skip-checks", "-A", "config", "worker", *which, *alone]


def manage(command_name: str) -> list[str]:
    return [str(PYTHON), str(paths.PROJECT / "manage.py"), command_name]


def script(name: str) -> str:
    """Return the console script of this virtual environment: PATH may lead to another one."""
    return str(PYTHON.parent / name)


PROGRAMS = (
    # SIGINT is PostgreSQL's "fast" shutdown: it does not wait for clients to leave.
    Program(
        name="postgres",
        stage=SERVERS,
        command=postgres_server,
        settled_after_seconds=1,
        stop_signal="INT",
        stop_patience_seconds=30,
    ),
    Program(name="redis", stage=SERVERS, command=redis_server, settled_after_seconds=1),
    Program(name="kafka", stage=SERVERS, command=kafka_server, settled_after_seconds=1),
    Program(name="mail", stage=SERVERS, command=mail_server, settled_after_seconds=1),
    Program(name="worker-critical", stage=JOBS, command=critical_worker, stop_patience_seconds=20, niceness=5),
    Program(name="worker-bulk", stage=JOBS, command=bulk_worker, stop_patience_seconds=20, niceness=10),
    Program(name="beat", stage=JOBS, command=beat, niceness=5),
    Program(name="relay", stage=JOBS, command=relay, niceness=5),
    Program(name="consumer", stage=JOBS, command=consumer, niceness=5),
    Program(name="web", stage=EDGE, command=web),
    Program(name="chat", stage=EDGE, command=chat),
)
BY_NAME = {program.name: program for program in PROGRAMS}


def embedded(given: Mapping[str, str]) -> list[Program]:
    """Return the servers that must be started because no address of another one is given."""
    wanted = environment.embedded_servers(given)
    return [program for program in PROGRAMS if program.name in wanted]


def of_product() -> list[Program]:
    return [program for program in PROGRAMS if program.stage != SERVERS]


def supervisor_configuration(programs: Iterable[Program]) -> str:
    """Return the text of supervisord's configuration file.

    It names no absolute path: one may hold what the file's syntax takes (percent signs, semicolons). Supervisord is
    started inside the state folder, finds Python on PATH and the folder of its socket in the environment.
    """
    chosen = list(programs)
    sections = [
        section(
            "supervisord",
            nodaemon="true",
            silent="true",
            umask="077",
            # Said openly, else it warns at each start that it runs as root.
            **({"user": "root"} if os.geteuid() == 0 else {}),
            logfile="log/supervisor.log",
            logfile_maxbytes="5MB",
            logfile_backups="1",
            pidfile="run/supervisor.pid",
        ),
        section("unix_http_server", file="%(ENV_STACK_SOCKETS)s/supervisor.sock", chmod="0700"),
        section(
            "rpcinterface:supervisor",
            **{"supervisor.rpcinterface_factory": "supervisor.rpcinterface:make_main_rpcinterface"},
        ),
        *(program_section(program) for program in chosen),
        *(stage_section(stage, chosen) for stage in STAGES if any(program.stage == stage for program in chosen)),
    ]
    return "\n".join(sections)


def control_socket() -> Path:
    return paths.socket_folder() / "supervisor.sock"


def log_file(name: str) -> Path:
    return paths.log_folder() / f"{name}.log"


def program_section(program: Program) -> str:
    return section(
        f"program:{program.name}",
        command=f"python -m stack.launch {program.name}",
        autostart="false",
        autorestart="true",
        startsecs=str(program.settled_after_seconds),
        # The pause grows by a second with each failed start, so that this many tries are as good as no end.
        startretries="100000",
        stopsignal=program.stop_signal,
        stopwaitsecs=str(program.stop_patience_seconds),
        killasgroup="true",
        redirect_stderr="true",
        stdout_logfile=f"log/{program.name}.log",
        stdout_logfile_maxbytes="10MB",
        stdout_logfile_backups="1",
    )


def stage_section(stage: str, programs: Iterable[Program]) -> str:
    names = ",".join(program.name for program in programs if program.stage == stage)
    return section(f"group:{stage}", programs=names, priority=str(STAGES[stage]))


def section(name: str, **options: str) -> str:
    return "\n".join([f"[{name}]", *(f"{option} = {value}" for option, value in options.items()), ""])
