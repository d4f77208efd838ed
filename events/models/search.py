"""Full-text search in Russian and English at once.

PostgreSQL's `russian` configuration stems Cyrillic words by Russian rules and Latin words by English ones, so one
vector and one index serve both languages. «ё» and «е» are one letter here, as people type them.
"""

import re
from typing import NamedTuple

from django.contrib.postgres.search import SearchQuery, SearchVector, SearchVectorExact
from django.db.models import Case, FloatField, Func, IntegerField, Q, TextField, Value, When
from django.db.models.expressions import CombinedExpression, F
from django.db.models.functions import Cast, Round
from django.db.models.lookups import Exact

CONFIG = "russian"
# The same, but it passes over no word: "the" and «на» stand in a phrase like any other (migration 0015).
EVERY_WORD = "events_every_word"
LAST_WORD = re.compile(r"(?<![\w\"-])\w+$")
QUOTED = re.compile(r"-?\"([^\"]*)\"")
SEVERAL_WORDS = re.compile(r"\w\W+\w")
EITHER = re.compile(r"\bor\b", re.IGNORECASE)
SEARCHED = ("title", "summary", "city", "venue", "description")


def document() -> CombinedExpression:
    """Return the expression of the stored vector: the title weighs most, then summary and place, then the rest."""
    return (
        _weighed("title", "A") + _weighed("summary", "B") + _weighed("city", "B") + _weighed("venue", "B")
    ) + _weighed("description", "C")


class Words(NamedTuple):
    """What a reader has typed: all of it; and where its last word is unfinished, what stands before it and its beginning.

    `phrases` are the quoted ones that have to be there word by word.
    """

    whole: str
    before: str | None = None
    beginning: str | None = None
    phrases: tuple[str, ...] = ()


def words_of(text: str) -> Words:
    """Return what is looked for; only word characters are left in the beginning, so it can't speak to_tsquery's syntax."""
    text = text.translate(str.maketrans("ёЁ", "еЕ")).strip()
    last = LAST_WORD.search(text)
    if last is None or text.count('"') % 2:
        return Words(text, phrases=_phrases_in(text))
    return Words(text, text[: last.start()], f"'{last[0]}':*", _phrases_in(text))


def _phrases_in(text: str) -> tuple[str, ...]:
    """Return the phrases that every match holds: none of them where `or` leaves a choice, nor those ruled out by a minus."""
    if EITHER.search(QUOTED.sub(" ", text)):
        return ()
    found = (one[1] for one in QUOTED.finditer(text) if not one[0].startswith("-"))
    return tuple(phrase for phrase in found if SEVERAL_WORDS.search(phrase))


def query(words: Words) -> SearchQuery:
    """Return what the reader asks for: web search syntax, where an unfinished last word finds its continuations."""
    whole = SearchQuery(words.whole, config=CONFIG, search_type="websearch")
    if words.before is None or words.beginning is None:
        return whole
    before = SearchQuery(words.before, config=CONFIG, search_type="websearch")
    # Not stemmed: «ката» is the beginning of «катамаран», not «кат-».
    return whole | (before & SearchQuery(words.beginning, config="simple", search_type="raw"))


def holds(phrase: str) -> Q:
    """Return whether a phrase is there word by word, for the few that the index has found.

    The stored vector has no stop words: to it «на один день» is «день» somewhere. A phrase without any was found exactly
    by the index: this comparison of two constants then spares reading the texts again.
    """
    exact = SearchQuery(phrase, config=EVERY_WORD, search_type="phrase")
    is_found_exactly = Exact(_size(SearchQuery(phrase, config=CONFIG, search_type="phrase")), _size(exact))
    texts = SearchVector(*map(_same_letter, SEARCHED), config=EVERY_WORD)
    return Q(is_found_exactly) | Q(SearchVectorExact(texts, exact))


def _size(wanted: SearchQuery) -> Func:
    return Func(wanted, function="NUMNODE", output_field=IntegerField())


def _same_letter(field: str) -> Func:
    return Func(F(field), Value("ёЁ"), Value("еЕ"), function="TRANSLATE", output_field=TextField())


def _weighed(field: str, weight: str) -> SearchVector:
    return SearchVector(_same_letter(field), config=CONFIG, weight=weight)


def coarse(coordinate: str, is_exact: str) -> Case:
    """Return a coordinate to a hundredth of a degree, about a kilometre, or as it is where that is public."""
    return Case(
        When(**{is_exact: True}, then=Cast(coordinate, FloatField())),
        default=Cast(Round(coordinate, precision=2), FloatField()),
        output_field=FloatField(),
    )
