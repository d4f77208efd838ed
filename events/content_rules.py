"""What the automatic check looks for in an event's words."""

import re
from collections.abc import Iterable, Mapping

LINK = re.compile(
    r"(?:https?://|www\.)[^\s<>()\[\]]+|(?<![\w@.-])(?:[a-z0-9-]+\.)+(?:com|net|org|info|biz|ru|su|рф|xyz|top|me|ly|gl)\b(?:/\S*)?"
)
# A reader can't see where these lead.
SHORTENERS = ("bit.ly", "goo.gl", "tinyurl.com", "clck.ru", "t.co", "is.gd", "cutt.ly", "vk.cc")
# Where no link belongs at all.
WITHOUT_LINKS = ("title", "summary", "city", "venue")
MOST_LINKS = 3
# Looked for whatever administrators add to them; each with any ending.
STOP_WORDS = (
    *("казино", "букмекер", "наркоти", "кокаин", "мефедрон", "порно", "проститут", "интим-услуг"),
    *("casino", "bookmaker", "cocaine", "mephedrone", "porn", "prostitut", "viagra"),
)
CHECKED = ("title", "summary", "description", "city", "venue", "contact", "tags")

Finding = dict[str, str]


def findings_in(texts: Mapping[str, str], *, stop_words: Iterable[str]) -> list[Finding]:
    """Return what should be looked at: a code, the field, and what was found in it."""
    pattern = _pattern_of(stop_words)
    found: list[Finding] = []
    for field, text in texts.items():
        plain = _plain(text)
        if pattern is not None:
            words = sorted({match.group() for match in pattern.finditer(plain)})
            found += [{"code": "stop_word", "field": field, "found": word} for word in words]
        found += [{"code": code, "field": field, "found": link[:200]} for code, link in _links(field, plain)]
    return found


def _links(field: str, text: str) -> list[tuple[str, str]]:
    links = LINK.findall(text)
    hidden = [("hidden_link", link) for link in links if any(name in link for name in SHORTENERS)]
    if field in WITHOUT_LINKS:
        return hidden or [("link", link) for link in links]
    return hidden or ([("many_links", links[0])] if len(links) > MOST_LINKS else [])


def _pattern_of(stop_words: Iterable[str]) -> re.Pattern[str] | None:
    """Return a pattern of the words with any ending, or None when there are none."""
    words = "|".join(re.escape(_plain(word)) for word in sorted(stop_words))
    return re.compile(rf"(?<!\w)(?:{words})\w*") if words else None


def _plain(text: str) -> str:
    return text.casefold().replace("ё", "е")
