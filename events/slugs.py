"""Addresses that people can read: Russian titles in Latin letters."""

from django.utils.text import slugify

SINGLE = dict(zip("абвгдеёзийклмнопрстуфыэ", "abvgdeeziyklmnoprstufye", strict=True))
DOUBLE = {"ж": "zh", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ю": "yu", "я": "ya", "ъ": "", "ь": ""}
TABLE = str.maketrans(SINGLE | DOUBLE)
LONGEST = 80


def slug_of(title: str) -> str:
    """Return the title as a slug; 'event' when nothing of it can be written in Latin letters."""
    return slugify(title.lower().translate(TABLE))[:LONGEST].strip("-") or "event"
