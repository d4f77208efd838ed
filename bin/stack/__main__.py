"""The command line of the stack: `PYTHONPATH=bin python -m stack up|down|services|exec|restart|status`."""

import argparse
import json
import sys

from stack import control, lifecycle, ports, postgres, processes, redis

FAILURES = (
    control.StackFailed,
    lifecycle.AnotherIsStarting,
    lifecycle.NeverStarted,
    postgres.PostgresNotInstalled,
    postgres.ClusterNotMade,
    redis.RedisNotInstalled,
    ports.NoFreePort,
)


def main() -> int:
    arguments = parser().parse_args()
    try:
        return run(arguments)
    except FAILURES as failure:
        print(f"\nThe stack is not up: {failure}", file=sys.stderr)
        return 1


def run(arguments: argparse.Namespace) -> int:
    match arguments.action:
        case "up":
            return lifecycle.up(detach=arguments.detach, fresh=arguments.fresh)
        case "down":
            return lifecycle.down()
        case "services":
            print(json.dumps(lifecycle.services(durable=not arguments.not_durable), indent=2))
            return 0
        case "exec":
            return lifecycle.execute(arguments.command)
        case "restart":
            return lifecycle.restart(arguments.programs)
        case _:
            return lifecycle.print_status()


def parser() -> argparse.ArgumentParser:
    whole = argparse.ArgumentParser(prog="stack", description="The development and test stack of Aquastream.")
    actions = whole.add_subparsers(dest="action", required=True)
    up = actions.add_parser("up", help="start everything; Ctrl-C stops it")
    up.add_argument("--detach", action="store_true", help="return as soon as the whole system answers")
    up.add_argument("--fresh", action="store_true", help="throw the old state away first")
    actions.add_parser("down", help="stop everything")
    services = actions.add_parser("services", help="start the servers only and print the environment as JSON")
    services.add_argument("--not-durable", action="store_true", help="PostgreSQL without fsync, for unit tests only")
    execute = actions.add_parser("exec", help="run a command in the environment of the running stack")
    execute.add_argument("command", nargs=argparse.REMAINDER)
    restart = actions.add_parser("restart", help="start programs again, all of the product when none is named")
    restart.add_argument("programs", nargs="*", choices=[*processes.BY_NAME, []], metavar="program")
    actions.add_parser("status", help="say what runs")
    return whole


if __name__ == "__main__":
    sys.exit(main())
