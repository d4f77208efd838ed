"""Full-text search in Russian and English at once.

PostgreSQL's `russian` configuration stems Cyrillic words by Russian rules and Latin words by English ones, so one
vector and one index serve both languages. «ё» and «е» are one letter here, as people type them.
"""

import re
from typing import NamedTuple

from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db.models import Case, FloatField, Func, TextField, Value, When
from django.db.models.expressions import CombinedExpression, F
from django.db.models.functions import Cast, Round

CONFIG = "russian"
LAST_WORD = re.compile(r"(?<![\w\"-])\w+$")


def document() -> CombinedExpression:
    """Return the expression of the stored vector: the title weighs most, then summary and place, then the rest."""
    return (
        _weighed("title", "A") + _weighed("summary", "B") + _weighed("city", "B") + _weighed("venue", "B")
    ) + _weighed("description", "C")


class Words(NamedTuple):
    """What a reader has typed: all of it; and where its last word is unfinished, what stands before it and its beginning."""

    whole: str
    before: str | None = None
    beginning: str | None = None


def words_of(text: str) -> Words:
    """Return what is looked for; only word characters are left in the beginning, so it can't speak to_tsquery's syntax."""
    text = text.translate(str.maketrans("ёЁ", "еЕ")).strip()
    last = LAST_WORD.search(text)
    if last is None or text.count('"') % 2:
        return Words(text)
    return Words(text, text[: last.start()], f"'{last[0]}':*")


def query(words: Words) -> SearchQuery:
    """Return what the reader asks for: web search syntax, where an unfinished last word finds its continuations."""
    whole = SearchQuery(words.whole, config=CONFIG, search_type="websearch")
    if words.before is None or words.beginning is None:
        return whole
    before = SearchQuery(words.before, config=CONFIG, search_type="websearch")
    # Not stemmed: «ката» is the beginning of «катамаран», not «кат-».
    return whole | (before & SearchQuery(words.beginning, config="simple", search_type="raw"))


def _weighed(field: str, weight: str) -> SearchVector:
    same_letter = Func(F(field), Value("ёЁ"), Value("еЕ"), function="TRANSLATE", output_field=TextField())
    return SearchVector(same_letter, config=CONFIG, weight=weight)


def coarse(coordinate: str, is_exact: str) -> Case:
    """Return a coordinate to a hundredth of a degree, about a kilometre, or as it is where that is public."""
    return Case(
        When(**{is_exact: True}, then=Cast(coordinate, FloatField())),
        default=Cast(Round(coordinate, precision=2), FloatField()),
        output_field=FloatField(),
    )
