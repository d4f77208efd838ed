"""Full-text search in Russian and English at once.

PostgreSQL's `russian` configuration stems Cyrillic words by Russian rules and Latin words by English ones, so one
vector and one index serve both languages. «ё» and «е» are one letter here, as people type them.
"""

import re

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


def query(text: str) -> SearchQuery:
    """Return what the reader asks for: web search syntax, where an unfinished last word finds its continuations."""
    text = text.translate(str.maketrans("ёЁ", "еЕ")).strip()
    whole = SearchQuery(text, config=CONFIG, search_type="websearch")
    last = LAST_WORD.search(text)
    if last is None or text.count('"') % 2:
        return whole
    beginning = SearchQuery(text[: last.start()], config=CONFIG, search_type="websearch")
    # Not stemmed: «ката» is the beginning of «катамаран», not «кат-». Only word characters are left in it, so it can't
    # speak the syntax of to_tsquery.
    return whole | (beginning & SearchQuery(f"'{last[0]}':*", config="simple", search_type="raw"))


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
