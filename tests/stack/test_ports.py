import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from stack import paths, ports


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that somebody listens on."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(1)
        yield server.getsockname()[1]


class TestChoosePorts:
    def test_gives_each_name_a_port_of_its_own(self, state: Path) -> None:
        chosen = ports.choose()

        assert chosen.keys() == ports.PREFERRED.keys()
        assert len(set(chosen.values())) == len(chosen)
        assert all(ports.is_free(port) for port in chosen.values())

    def test_keeps_the_ports_of_the_last_start(self, state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        first = ports.choose()
        monkeypatch.setattr(ports, "PREFERRED", dict.fromkeys(ports.PREFERRED, 1))

        assert ports.choose() == first

    def test_takes_another_when_one_is_taken(self, state: Path, taken: int, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(ports, "PREFERRED", {"web": taken})

        chosen = ports.choose()

        assert chosen["web"] != taken
        assert ports.remembered() == chosen

    def test_never_gives_two_names_the_same(self, state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        [free] = ports.unused(1)
        monkeypatch.setattr(ports, "PREFERRED", {"web": free, "chat": free})

        chosen = ports.choose()

        assert chosen["web"] == free
        assert chosen["chat"] != free

    def test_leaves_alone_what_another_stack_is_about_to_take(
        self, state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        [free] = ports.unused(1)
        monkeypatch.setattr(ports, "PREFERRED", {"web": free})
        ports.choose()

        monkeypatch.setenv("AQUASTREAM_STATE", str(tmp_path / "another"))
        while_it_starts = ports.choose()["web"]
        monkeypatch.setenv("AQUASTREAM_STATE", str(state))
        ports.release()
        monkeypatch.setenv("AQUASTREAM_STATE", str(tmp_path / "third"))

        assert while_it_starts != free
        assert ports.choose()["web"] == free

    def test_is_not_kept_from_starting_by_a_torn_note(self, state: Path) -> None:
        paths.claims_file().write_text('{"/somewhere": {"ports": [80', encoding="utf-8")

        assert ports.choose().keys() == ports.PREFERRED.keys()

    def test_believes_no_claim_for_ever(self, state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        [free] = ports.unused(1)
        monkeypatch.setattr(ports, "PREFERRED", {"web": free})
        ports.choose()
        monkeypatch.setenv("AQUASTREAM_STATE", str(tmp_path / "another"))
        monkeypatch.setattr(ports, "CLAIMED_SECONDS", 0)

        assert ports.choose()["web"] == free

    def test_forgets_names_that_are_no_more(self, state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        ports.choose()
        monkeypatch.setattr(ports, "PREFERRED", {"web": 8000})

        assert ports.remembered().keys() == {"web"}


class TestIsFree:
    def test_refuses_a_port_that_somebody_listens_on(self, taken: int) -> None:
        assert not ports.is_free(taken)
