import pytest
from stack import vulnerabilities

SOUND = {"name": "django", "version": "5.2.19", "vulns": []}
VULNERABLE = {
    "name": "pillow",
    "version": "1.0",
    "vulns": [{"id": "PYSEC-2026-1", "fix_versions": ["1.1"], "aliases": [], "description": ""}],
}
UNHEARD_OF = {"name": "yarl", "skip_reason": "Dependency not found on PyPI and could not be audited"}


class TestTell:
    def test_is_content_when_every_requirement_is_sound(self) -> None:
        assert vulnerabilities.tell([SOUND]) == vulnerabilities.NONE_KNOWN

    def test_names_the_vulnerable_one_and_its_cure(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert vulnerabilities.tell([SOUND, VULNERABLE]) == vulnerabilities.SOME_KNOWN

        assert capsys.readouterr().out == "pillow 1.0: PYSEC-2026-1, fixed in 1.1\n"

    def test_takes_no_answer_for_no_good_news(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert vulnerabilities.tell([SOUND, UNHEARD_OF]) == vulnerabilities.UNKNOWN

        assert "1 of 2" in capsys.readouterr().out
