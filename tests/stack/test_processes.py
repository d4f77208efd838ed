import configparser
from pathlib import Path

from stack import ports, processes


def configuration() -> configparser.RawConfigParser:
    parsed = configparser.RawConfigParser()
    parsed.read_string(processes.supervisor_configuration(processes.PROGRAMS))
    return parsed


class TestSupervisorConfiguration:
    def test_restarts_every_program(self) -> None:
        programs = [section for section in configuration().sections() if section.startswith("program:")]

        assert len(programs) == len(processes.PROGRAMS)
        assert {configuration()[section]["autorestart"] for section in programs} == {"true"}

    def test_stops_requests_before_jobs_and_servers_last(self) -> None:
        parsed = configuration()

        priorities = [int(parsed[f"group:{stage}"]["priority"]) for stage in ("edge", "jobs", "servers")]

        assert priorities == sorted(priorities, reverse=True)

    def test_holds_no_path_of_the_machine(self, state: Path) -> None:
        text = processes.supervisor_configuration(processes.PROGRAMS)

        assert str(state) not in text
        assert str(Path.home()) not in text


class TestPrograms:
    def test_each_job_has_a_port_for_its_metrics(self) -> None:
        jobs = {program.name for program in processes.PROGRAMS if program.stage == processes.JOBS}

        assert {f"metrics-{job}" for job in jobs} <= ports.PREFERRED.keys()

    def test_every_queue_has_a_worker(self, state: Path) -> None:
        choices = processes.Choices(ports=ports.PREFERRED, keys={}, durable=True)
        queues = [
            queue
            for name in ("worker-critical", "worker-bulk")
            for queue in argument(processes.BY_NAME[name].command(choices), "--queues").split(",")
        ]

        assert sorted(queues) == ["bulk", "critical", "notifications", "webhooks"]


def argument(command: list[str], name: str) -> str:
    return command[command.index(name) + 1]
