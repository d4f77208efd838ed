"""Show the processes' logs in one stream, each line under the name of its process, until somebody says stop."""

import os
import re
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from stack import paths

COLOURS = ("36", "33", "32", "35", "34", "96", "93", "92", "95", "94")
PAUSE_SECONDS = 0.2

# 2026-11-21 10:00:00,000 WARN exited: web (terminated by SIGKILL; not expected)
CRASH = re.compile(r"exited: (?P<name>\S+) \((?P<reason>.*); not expected\)")


class Log:
    """One log file, read from where it ended when the follower came, also over its rotation."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.file: BinaryIO | None = None
        self.open(at_end=True)

    def open(self, *, at_end: bool) -> None:
        if self.path.exists():
            self.file = self.path.open("rb")
            if at_end:
                self.file.seek(0, 2)

    def lines(self) -> Iterator[str]:
        """Yield the whole lines written since the last call."""
        if self.file is None:
            self.open(at_end=False)
        if self.file is None:
            return
        while True:
            begin = self.file.tell()
            line = self.file.readline()
            if not line.endswith(b"\n"):
                self.file.seek(begin)
                break
            yield line.decode(errors="replace").rstrip("\n")
        if not self.path.exists() or self.path.stat().st_ino != os.fstat(self.file.fileno()).st_ino:
            self.close()

    def close(self) -> None:
        if self.file is not None:
            self.file.close()
            self.file = None


def show(names: list[str], *, until: Callable[[], bool]) -> None:
    """Print new lines of each named log until `until()`. A crash is said in one line."""
    width = max(len(name) for name in names)
    logs = [Log(paths.log_folder() / f"{name}.log") for name in names]
    supervisor = Log(paths.log_folder() / "supervisor.log")
    try:
        while not until():
            for number, log in enumerate(logs):
                name = coloured(log.path.stem.ljust(width), COLOURS[number % len(COLOURS)])
                for line in log.lines():
                    print(f"{name} | {line}", flush=True)
            for line in supervisor.lines():
                if crash := CRASH.search(line):
                    notice = f"{crash['name']} crashed ({crash['reason']}), starting it again"
                    print(coloured(notice, "1;31"), flush=True)
            time.sleep(PAUSE_SECONDS)
    finally:
        for log in (*logs, supervisor):
            log.close()


def coloured(text: str, colour: str) -> str:
    return f"\x1b[{colour}m{text}\x1b[0m" if sys.stdout.isatty() else text
