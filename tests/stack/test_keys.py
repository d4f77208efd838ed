import json
from pathlib import Path

from cryptography.fernet import Fernet
from stack import keys


class TestLoadKeys:
    def test_makes_them_once(self, state: Path) -> None:
        first = keys.load()

        assert keys.load() == first

    def test_hides_them_from_others(self, state: Path) -> None:
        keys.load()

        assert (state / "secrets.json").stat().st_mode & 0o777 == 0o600

    def test_makes_a_key_that_encrypts(self, state: Path) -> None:
        cipher = Fernet(keys.load()["field_encryption_key"])

        assert cipher.decrypt(cipher.encrypt(b"secret")) == b"secret"

    def test_adds_a_key_that_an_older_version_did_not_know(self, state: Path) -> None:
        known = keys.load()
        file = state / "secrets.json"
        file.write_text(json.dumps({"secret_key": known["secret_key"]}))

        loaded = keys.load()

        assert loaded["secret_key"] == known["secret_key"]
        assert loaded.keys() == known.keys()
