from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from stack import follow

OpenLog = Callable[[], follow.Log]


@pytest.fixture
def open_log(tmp_path: Path) -> Iterator[OpenLog]:
    """Open the log `web.log` and close it after the test."""
    opened: list[follow.Log] = []

    def open_one() -> follow.Log:
        opened.append(follow.Log(tmp_path / "web.log"))
        return opened[-1]

    yield open_one
    for log in opened:
        log.close()


class TestLog:
    def test_begins_at_its_end(self, tmp_path: Path, open_log: OpenLog) -> None:
        file = tmp_path / "web.log"
        file.write_text("old\n")
        log = open_log()

        with file.open("a") as writer:
            writer.write("new\n")

        assert list(log.lines()) == ["new"]

    def test_waits_for_the_rest_of_a_line(self, tmp_path: Path, open_log: OpenLog) -> None:
        file = tmp_path / "web.log"
        file.write_text("")
        log = open_log()
        with file.open("a") as writer:
            writer.write("hal")
            writer.flush()
            assert list(log.lines()) == []

            writer.write("f\n")

        assert list(log.lines()) == ["half"]

    def test_goes_on_after_a_rotation(self, tmp_path: Path, open_log: OpenLog) -> None:
        file = tmp_path / "web.log"
        file.write_text("")
        log = open_log()
        file.write_text("last\n")
        file.rename(tmp_path / "web.log.1")
        file.write_text("first\n")

        lines = [*log.lines(), *log.lines()]

        assert lines == ["last", "first"]

    def test_waits_for_a_file_that_is_not_there_yet(self, tmp_path: Path, open_log: OpenLog) -> None:
        file = tmp_path / "web.log"
        log = open_log()
        assert list(log.lines()) == []

        file.write_text("first\n")

        assert list(log.lines()) == ["first"]


class TestShow:
    def test_says_a_crash_in_one_line(self, state: Path, capsys: pytest.CaptureFixture[str]) -> None:
        log = follow.paths.log_folder() / "supervisor.log"
        log.write_text("")
        answers = iter([False, True])

        def until() -> bool:
            log.write_text("2026-11-21 10:00:00,0 WARN exited: relay (terminated by SIGKILL; not expected)\n")
            return next(answers)

        follow.show(["relay"], until=until)

        assert capsys.readouterr().out == "relay crashed (terminated by SIGKILL), starting it again\n"
