"""Bring database, translations and demo data up to date: one Django process for all, as starting it costs most."""

import contextlib
import hashlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import psycopg

from stack import control, environment, paths, processes

NAME = "prepare"
# Folders that hold no source of this project.
SKIPPED = {".venv", ".local", ".git", "node_modules"}


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """What a preparation was for."""

    # Migrations, translations and the database's address: with the same ones the product can start meanwhile.
    schema: str
    # All sources as they lie there, and what the database says is applied: with the same ones nothing is to be done.
    everything: str

    @classmethod
    def now(cls, variables: Mapping[str, str]) -> "Prepared":
        return cls(schema=schema_of(variables), everything=f"{sources_as_they_lie()} {applied_migrations(variables)}")


def is_done(variables: Mapping[str, str]) -> bool:
    """Return whether the last preparation was for these migrations, translations and database."""
    last = last_prepared()
    return last is not None and last.schema == schema_of(variables)


def is_needless(variables: Mapping[str, str]) -> bool:
    """Return whether nothing at all has changed since the last preparation."""
    return last_prepared() == Prepared.now(variables)


def last_prepared() -> Prepared | None:
    if not (paths.demo_file().exists() and stamp_file().exists()):
        return None
    try:
        return Prepared(**json.loads(stamp_file().read_text(encoding="utf-8")))
    except (TypeError, ValueError):
        # Of an older version of this project.
        return None


def note(variables: Mapping[str, str]) -> None:
    """Write down what was prepared now."""
    paths.write_atomically(stamp_file(), json.dumps(asdict(Prepared.now(variables))))


def forget() -> None:
    """Forget what was prepared: the database is new, so accounts and keys of the old one are of no use."""
    stamp_file().unlink(missing_ok=True)
    paths.demo_file().unlink(missing_ok=True)


def stamp_file() -> Path:
    return paths.state_folder() / "prepared"


def schema_of(variables: Mapping[str, str]) -> str:
    digest = hashlib.sha256(variables["DATABASE_URL"].encode())
    for file in sorted([*sources("*/migrations/*.py"), *sources("locale/**/*.po")]):
        digest.update(str(file.relative_to(paths.PROJECT)).encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()


def sources_as_they_lie() -> str:
    """Return a digest of name, size and time of every source: roles, message texts and demo data come from them too."""
    digest = hashlib.sha256()
    for folder, names, files in os.walk(paths.PROJECT):
        names[:] = sorted(name for name in names if not name.startswith((".", "__pycache__")) and name not in SKIPPED)
        for file in sorted(files):
            seen = Path(folder, file).lstat()
            digest.update(f"{folder}/{file} {seen.st_size} {seen.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def applied_migrations(variables: Mapping[str, str]) -> str:
    """Return how many migrations the database has had, and the last one; empty for one without our tables."""
    with psycopg.connect(variables["DATABASE_URL"], connect_timeout=5) as database:
        if database.execute("SELECT to_regclass('django_migrations')").fetchone() == (None,):
            return ""
        return str(database.execute("SELECT count(*), max(applied) FROM django_migrations").fetchone())


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
    note(variables)
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
