"""Each test has a state folder of its own; what a test leaves running is ended after it."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from stack import control, lifecycle, paths


@pytest.fixture(autouse=True)
def empty_cache() -> None:
    """Need no Redis."""


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A state folder that nothing else uses, closed again after the test."""
    folder = tmp_path / "state"
    monkeypatch.setenv("AQUASTREAM_STATE", str(folder))
    monkeypatch.setattr(paths, "claims_file", lambda: tmp_path / "claims.json")
    for variable in ("DATABASE_URL", "REDIS_URL", "KAFKA_BOOTSTRAP_SERVERS", "EMAIL_URL", "S3_ENDPOINT_URL"):
        monkeypatch.delenv(variable, raising=False)
    yield folder
    control.stop()
    lifecycle.throw_away()


@pytest.fixture
def stack(state: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the command line of the stack: `stack("services")`."""

    def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "PYTHONPATH": str(paths.PROJECT / "bin"), **variables}
        return subprocess.run(
            [sys.executable, "-m", "stack", *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=90,
            env=environment,
        )

    return run
