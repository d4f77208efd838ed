from pathlib import Path

import pytest
from stack import apache_kafka


def program(folder: Path, name: str, text: str) -> None:
    file = folder / name
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o755)


class TestCheck:
    def test_says_that_maven_is_missing(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))

        with pytest.raises(apache_kafka.KafkaImpossible, match="no Maven"):
            apache_kafka.check()

    def test_says_that_java_is_too_old(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        program(tmp_path, "mvn", "")
        program(tmp_path, "java", """echo 'openjdk version "11.0.2" 2019-01-15' >&2""")
        monkeypatch.setenv("PATH", str(tmp_path))

        with pytest.raises(apache_kafka.KafkaImpossible, match="older than 17"):
            apache_kafka.check()

    def test_is_content_with_a_new_one(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        program(tmp_path, "mvn", "")
        program(tmp_path, "java", """echo 'openjdk version "21.0.5" 2024-10-15' >&2""")
        monkeypatch.setenv("PATH", str(tmp_path))

        apache_kafka.check()
