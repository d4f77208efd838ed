import json
import sys
from pathlib import Path

import pytest
from stack import last_failed


def failed(folder: Path, *names: str) -> Path:
    (folder / "v" / "cache").mkdir(parents=True)
    (folder / "v" / "cache" / "lastfailed").write_text(json.dumps(dict.fromkeys(names, True)))
    return folder


class TestLastFailed:
    def test_names_a_few(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> None:
        monkeypatch.setattr(sys, "argv", ["last_failed", str(failed(tmp_path, "b", "a")), "--at-most", "2"])

        assert last_failed.main() == 0
        assert capsys.readouterr().out == "a\nb\n"

    @pytest.mark.parametrize("names", [(), ("a", "b", "c")])
    def test_refuses_none_and_many(
        self, names: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sys, "argv", ["last_failed", str(failed(tmp_path, *names)), "--at-most", "2"])

        assert last_failed.main() == 1
