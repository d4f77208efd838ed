"""Text that reads as it was written: without signs that nobody sees and that turn what others read.

Unicode's marks of direction can make `<gpj.exe` out of `exe.jpg>`, and a text of spaces without width is no text. The
joiners stay: scripts and emoji need them.
"""

from typing import Any

from django import forms
from rest_framework import serializers

# Soft hyphen, spaces and marks without width, directions and their isolates, the byte order mark.
HIDDEN = dict.fromkeys(
    [0x00AD, 0x061C, 0x180E, 0x200B, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFEFF]
)


def visible(text: str) -> str:
    """Return the text without what nobody sees."""
    return text.translate(HIDDEN)


class VisibleTextField(serializers.CharField):
    """A text whose length is that of what can be seen."""

    def run_validation(self, data: Any = serializers.empty) -> Any:
        return super().run_validation(visible(data) if isinstance(data, str) else data)


class VisibleTextInput(forms.CharField):
    """The same for pages."""

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        return visible(text).strip() if isinstance(text, str) else text
