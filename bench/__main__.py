"""The command line of the benches: `bin/bench NAME... | all [--json] [--seconds N] [--write-docs]`."""

import argparse
import importlib
import os
import pkgutil
import platform
import sys
from datetime import UTC, datetime

import psutil

from bench import cases, system
from bench.figures import Figure, table

DOCUMENT = system.PROJECT / "docs" / "benchmarks.md"


def main() -> int:
    names = sorted(module.name for module in pkgutil.iter_modules(cases.__path__))
    arguments = _parser(names).parse_args()
    chosen = names if "all" in arguments.names else arguments.names
    try:
        target = system.running()
    except (system.NothingToMeasure, system.NotDurable) as refusal:
        print(refusal, file=sys.stderr)
        return 1
    figures: list[Figure] = []
    for name in chosen:
        print(f"· {name}", file=sys.stderr)
        case = importlib.import_module(f"bench.cases.{name}")
        target.come_to_rest()
        for figure in case.run(target, seconds=arguments.seconds):
            # Each row is measured on a system that has nothing else to do; what a load leaves behind is said.
            figure.detail["consequences_s"] = round(target.come_to_rest(), 1)
            figures.append(figure)
            if arguments.json:
                print(figure.as_json(), flush=True)
    if not arguments.json:
        print(f"\n{machine()}\n\n{table(figures)}")
    if arguments.write_docs:
        _write_documents(chosen, figures)
    return 0 if all(figure.verified for figure in figures) else 1


def _write_documents(chosen: list[str], figures: list[Figure]) -> None:
    """Write the table, and the pictures of cases that draw; a case that draws is no reason to throw the table away."""
    drawn = {name: getattr(importlib.import_module(f"bench.cases.{name}"), "documents", None) for name in chosen}
    for draw in filter(None, drawn.values()):
        for name, text in draw().items():
            (DOCUMENT.parent / name).write_text(text, encoding="utf-8")
    if not all(drawn.values()):
        DOCUMENT.write_text(_document(figures), encoding="utf-8")


def machine() -> str:
    """Return one line that says what was measured on."""
    build = "the operating system's build" if sys.base_prefix == "/usr" else "another build than the operating system's"
    memory = psutil.virtual_memory().total / 2**30
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()}; "
        f"Python {platform.python_version()} ({build}); load generator on the same machine."
    )


def _document(figures: list[Figure]) -> str:
    return "\n".join(
        [
            "# Benchmarks",
            "",
            "Made by `bin/bench all --write-docs`. Each figure was verified in the database before it was printed; the",
            "yardstick is the bare machine's own figure in the same run, since absolute figures drift.",
            "",
            machine(),
            "",
            table(figures),
            "",
        ]
    )


def _parser(names: list[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bin/bench", description="Measure the running product.")
    parser.add_argument("names", nargs="+", choices=[*names, "all"], metavar="NAME", help=f"{', '.join(names)} or all")
    parser.add_argument("--json", action="store_true", help="one JSON object a row")
    parser.add_argument("--seconds", type=int, default=10, help="how long each load lasts (default 10)")
    parser.add_argument("--write-docs", action="store_true", help="write docs/benchmarks.md")
    return parser


if __name__ == "__main__":
    sys.exit(main())
