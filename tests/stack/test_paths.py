import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from stack import paths


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """A folder with a path short enough for sockets, which pytest's own is not always."""
    folder = Path(tempfile.mkdtemp(prefix="aq-", dir="/tmp"))
    yield folder
    shutil.rmtree(folder)


class TestStateFolder:
    def test_is_where_the_environment_says(self, state: Path) -> None:
        assert paths.state_folder() == state

    def test_is_inside_the_project_by_default(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("AQUASTREAM_STATE", raising=False)

        assert paths.state_folder_path() == paths.PROJECT / ".local"

    def test_is_closed_to_others(self, state: Path) -> None:
        assert mode(paths.state_folder()) == 0o700


class TestSocketFolder:
    def test_lies_in_the_run_folder_when_its_path_is_short(
        self, short_folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("AQUASTREAM_STATE", str(short_folder))

        assert paths.socket_folder() == short_folder / "run" / "sockets"

    def test_is_short_also_when_the_state_folder_is_not(self, state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AQUASTREAM_STATE", str(state / ("deep" * 30)))

        folder = paths.socket_folder()

        assert len(os.fsencode(folder)) <= paths.LONGEST_SOCKET_FOLDER_BYTES
        assert mode(folder) == 0o700
        assert paths.socket_folder() == folder
        folder.rmdir()


class TestRememberedFolder:
    def remembered(self, tmp_path: Path) -> Path:
        return paths.remembered_folder(tmp_path / "pointer", parent=tmp_path, owner=os.geteuid())

    def test_is_the_same_at_the_next_start(self, tmp_path: Path) -> None:
        first = self.remembered(tmp_path)

        assert self.remembered(tmp_path) == first

    def test_is_made_anew_when_it_is_gone(self, tmp_path: Path) -> None:
        first = self.remembered(tmp_path)
        first.rmdir()

        assert self.remembered(tmp_path) != first

    def test_refuses_one_that_others_may_enter(self, tmp_path: Path) -> None:
        first = self.remembered(tmp_path)
        first.chmod(0o755)

        assert self.remembered(tmp_path) != first

    def test_refuses_a_link_put_in_its_place(self, tmp_path: Path) -> None:
        first = self.remembered(tmp_path)
        elsewhere = tmp_path / "elsewhere"
        first.rename(elsewhere)
        first.symlink_to(elsewhere)

        assert self.remembered(tmp_path) != first


class TestIsPrivate:
    def test_refuses_the_folder_of_another_user(self, tmp_path: Path) -> None:
        tmp_path.chmod(0o700)

        assert paths.is_private(tmp_path, owner=os.geteuid())
        assert not paths.is_private(tmp_path, owner=os.geteuid() + 1)

    def test_refuses_what_is_no_folder(self, tmp_path: Path) -> None:
        file = tmp_path / "file"
        file.touch(mode=0o600)

        assert not paths.is_private(file, owner=os.geteuid())


class TestWriteAtomically:
    def test_replaces_the_file_and_closes_it_to_others(self, tmp_path: Path) -> None:
        file = tmp_path / "secrets.json"
        file.write_text("old")
        file.chmod(0o644)

        paths.write_atomically(file, "new")

        assert file.read_text() == "new"
        assert mode(file) == 0o600
        assert list(tmp_path.iterdir()) == [file]
