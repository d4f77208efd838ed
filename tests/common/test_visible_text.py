import pytest
from rest_framework.exceptions import ValidationError

from common.visible_text import VisibleTextField, visible


class TestVisible:
    @pytest.mark.parametrize(
        ("written", "read"),
        [
            ("photo\u202egpj.exe", "photogpj.exe"),
            ("\u2066a\u2069\u200b\ufeffb", "ab"),
            ("soft\u00adhyphen", "softhyphen"),
            ("👩‍👩‍👧 می‌خواهم", "👩‍👩‍👧 می‌خواهم"),
            ("ёлка — «да»\n\tнет", "ёлка — «да»\n\tнет"),
        ],
    )
    def test_leaves_what_is_seen(self, written: str, read: str) -> None:
        assert visible(written) == read


class TestVisibleTextField:
    def test_counts_what_is_seen(self) -> None:
        field = VisibleTextField(min_length=3)

        assert field.run_validation("a\u200bbc") == "abc"
        with pytest.raises(ValidationError):
            field.run_validation("a\u200b\u200b\u200b")
        with pytest.raises(ValidationError):
            field.run_validation("\u200b" * 30)
