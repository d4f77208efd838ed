from pathlib import Path

from stack import demo, paths


class TestChangeDemo:
    def test_replaces_an_address(self, state: Path) -> None:
        demo.write({"kafka": "127.0.0.1:1", "web": "http://127.0.0.1:8000"})

        demo.change(kafka="127.0.0.1:2")

        assert demo.read() == {"kafka": "127.0.0.1:2", "web": "http://127.0.0.1:8000"}

    def test_makes_no_file_before_there_is_demo_data(self, state: Path) -> None:
        demo.change(kafka="127.0.0.1:2")

        assert demo.read() is None


class TestWriteDemo:
    def test_hides_the_accounts_from_others(self, state: Path) -> None:
        demo.write({"accounts": {}})

        assert paths.demo_file().stat().st_mode & 0o777 == 0o600
