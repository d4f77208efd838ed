"""Bring database, translations and demo data up to date: one Django process for all, as starting it costs most."""

import contextlib
import hashlib
import io
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from stack import control, environment, paths, processes

NAME = "prepare"
# Folders that hold no source of this project.
SKIPPED = {".venv", ".local", ".git", "node_modules"}


def is_done(variables: Mapping[str, str]) -> bool:
    """Return whether the last preparation was for these migrations, translations and database."""
    stamp = stamp_file()
    return paths.demo_file().exists() and stamp.exists() and stamp.read_text(encoding="utf-8") == state_of(variables)


def forget() -> None:
    """Forget what was prepared: the database is new, so accounts and keys of the old one are of no use."""
    stamp_file().unlink(missing_ok=True)
    paths.demo_file().unlink(missing_ok=True)


def stamp_file() -> Path:
    return paths.state_folder() / "prepared"


def state_of(variables: Mapping[str, str]) -> str:
    digest = hashlib.sha256(variables["DATABASE_URL"].encode())
    for file in sorted([*sources("*/migrations/*.py"), *sources("locale/**/*.po")]):
        digest.update(str(file.relative_to(paths.PROJECT)).encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()


def sources(pattern: str) -> list[Path]:
    return [file for file in paths.PROJECT.glob(pattern) if not SKIPPED.intersection(file.parts)]


def run(variables: Mapping[str, str]) -> dict[str, object] | None:
    """Run the preparation as a process of the product; return the demo data if it was made now.

    Raises StackFailed with the end of the log.
    """
    result_file().unlink(missing_ok=True)
    with processes.log_file(NAME).open("wb") as output:
        done = subprocess.run(
            [sys.executable, "-m", "stack.prepare"],
            cwd=paths.PROJECT,
            env={**environment.without_stack(), **variables, "PYTHONPATH": f"{paths.PROJECT / 'bin'}:{paths.PROJECT}"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            check=False,
        )
    if done.returncode != 0:
        raise control.StackFailed(f"the preparation failed. The end of its log:\n{control.log_end(NAME, lines=40)}")
    made: dict[str, object] | None = None
    if result_file().exists():
        made = json.loads(result_file().read_text(encoding="utf-8"))
        result_file().unlink()
    paths.write_atomically(stamp_file(), state_of(variables))
    return made


def result_file() -> Path:
    return paths.run_folder() / "made-demo.json"


def main() -> None:
    """Do the steps inside Django, which only this process needs to import."""
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", interactive=False, verbosity=1)
    call_command("compile_translations")
    if not paths.demo_file().exists():
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            call_command("make_demo", stdout=output)
        paths.write_atomically(result_file(), json.dumps(json.loads(output.getvalue())))


if __name__ == "__main__":
    main()
