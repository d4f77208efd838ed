"""The back office in the product's colours is readable, and wears them."""

import re

import pytest
from django.conf import settings

from config.admin_look import COLORS

BASE, PRIMARY = COLORS["base"], COLORS["primary"]
WHITE = "#ffffff"


def luminance(colour: str) -> float:
    """Return the relative luminance (WCAG 2.2)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(
    ("words", "ground"),
    [
        (PRIMARY["600"], WHITE),
        (PRIMARY["600"], BASE["50"]),
        (PRIMARY["600"], BASE["100"]),
        (WHITE, PRIMARY["600"]),
        (PRIMARY["700"], PRIMARY["100"]),
        (PRIMARY["500"], BASE["900"]),
        (PRIMARY["500"], BASE["800"]),
        (BASE["500"], WHITE),
        (BASE["500"], BASE["50"]),
        (BASE["400"], BASE["900"]),
        (BASE["400"], BASE["800"]),
    ],
)
def test_words_are_readable_on_their_ground(words: str, ground: str) -> None:
    assert contrast(words, ground) >= 4.5


def test_the_accent_is_that_of_the_pages() -> None:
    tokens = (settings.BASE_DIR / "static/css/tokens.css").read_text()
    accent = re.search(r"--accent: light-dark\((#\w+), (#\w+)\)", tokens)

    assert accent is not None
    assert accent.groups() == (PRIMARY["600"], PRIMARY["400"])
