"""Addresses made from names: lower-case Latin letters, digits and hyphens."""

from django.utils.text import slugify

# Russian as in international passports (ICAO Doc 9303), without its rarer signs.
LATIN = dict(
    zip(
        "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
        [
            "a",
            "b",
            "v",
            "g",
            "d",
            "e",
            "e",
            "zh",
            "z",
            "i",
            "i",
            "k",
            "l",
            "m",
            "n",
            "o",
            "p",
            "r",
            "s",
            "t",
            "u",
            "f",
            "kh",
            "ts",
            "ch",
            "sh",
            "shch",
            "ie",
            "y",
            "",
            "e",
            "iu",
            "ia",
        ],
        strict=True,
    )
)


def slug_of(name: str, *, max_length: int) -> str:
    """Return the name as a slug, or '' when nothing in it can be written so."""
    return slugify("".join(LATIN.get(letter, letter) for letter in name.lower()))[:max_length].strip("-")
