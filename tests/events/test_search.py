"""What people type, and what they find."""

import pytest
from django.db import connection
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from rest_framework.test import APIClient

from events.input_rules import TIME_ZONES
from events.models import Event
from events.models.search import words_of
from events.selectors.catalogue import list_catalogue
from events.snippets import marked_snippet
from tests.factories.events import make_event

pytestmark = pytest.mark.django_db

NOW = timezone.now()


def found(text: str) -> list[str]:
    return [event.title for event in list_catalogue(now=NOW).matching(words_of(text)).order_by("-relevance", "id")]


@pytest.fixture(autouse=True)
def rafting() -> Event:
    make_event(title="Лыжный поход", description="Зимний лес и чай из термоса", city="Петрозаводск")
    return make_event(
        title="Сплав по рекам Алтая",
        summary="Guided rafting trips for beginners",
        description="Идём на **катамаранах**, ночуем у костра. У зелёной долины будет баня.",
        city="Чемал",
    )


@pytest.mark.parametrize(
    "text",
    [
        "река",
        "РЕКАМИ",
        "сплавы",
        "катамаран",
        "trip",
        "guide",
        "сплав trips",
        "зеленая",
        "зелёная",
        '"рекам алтая"',
        "чемал",
        "сплав -зима",
    ],
)
def test_finds_by_the_stem_in_both_languages(text: str) -> None:
    assert found(text) == ["Сплав по рекам Алтая"]


@pytest.mark.parametrize("text", ["спл", "сплав по рек", "ката", "сплав beg"])
def test_finds_by_the_beginning_of_the_last_word(text: str) -> None:
    assert found(text) == ["Сплав по рекам Алтая"]


@pytest.mark.parametrize("text", ["спл река", "дайвинг", "сплав -река", '"алтая рекам"'])
def test_finds_nothing_where_the_words_are_not(text: str) -> None:
    assert found(text) == []


@pytest.fixture
def courses() -> None:
    make_event(title="Каяк на один день", summary="The end of the season")
    make_event(title="Каяк: день первый", summary="The season ends", description="В один прекрасный день и один раз.")


@pytest.mark.parametrize(
    "text",
    [
        *[
            '"на один день"',
            '"НА ОДИН ДЕНЬ"',
            '"каяки на один"',
            'каяк "на один"',
            '"на один день" кая',
        ],
        *['"the end of the season"', '"ends of the seasons"', '"на один день" -"алтая рекам"'],
    ],
)
def test_a_phrase_is_there_word_by_word_stop_words_too(courses: None, text: str) -> None:
    assert found(text) == ["Каяк на один день"]


@pytest.mark.parametrize(
    "text",
    ['"день один"', '"день на один"', '"на день один"', '"the end a season"', '"season the of end"', '"на один река"'],
)
def test_a_phrase_in_another_order_is_another_phrase(courses: None, text: str) -> None:
    assert found(text) == []


def test_or_leaves_the_choice_between_a_phrase_and_words(courses: None) -> None:
    assert "Сплав по рекам Алтая" in found('"на один день" or сплав')


@pytest.mark.parametrize("text", ['"рекам алтая"', '"rafting trip"', "каяк на один день"])
def test_reads_the_texts_again_only_for_phrases_with_stop_words(text: str) -> None:
    plan = Event.objects.matching(words_of(text)).explain()

    assert "events_every_word" not in plan


@pytest.mark.parametrize(
    "text",
    [
        *[
            "'",
            "\\",
            "!!!",
            "a & | b",
            "':*",
            "сплав'); DROP TABLE events_event;--",
            "(((",
            "<->",
            '"',
            ":*",
            "%",
            "\ue000",
        ],
        *["я" * 200, "🚣", "- -", 'сплав "по', "a:b:c", "\u202e"],
    ],
)
def test_survives_whatever_is_typed(text: str) -> None:
    found(text)

    assert Event.objects.count() == 2


SIGNS = [*"'\"\\&|!():*<->%_,; \t\n\u00ad\u200b\ufeffёЁaяß0", "OR", " -", "or ", "сплав", "🚣"]
HOSTILE = some.lists(some.sampled_from(SIGNS), max_size=40).map("".join)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=HOSTILE | some.text(some.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=200))
def test_survives_what_nobody_has_thought_of(text: str) -> None:
    snippets = [one.snippet for one in list_catalogue(now=NOW).matching(words_of(text)).with_snippets(words_of(text))]

    assert len(snippets) <= Event.objects.count() == 2


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(word=some.sampled_from(["катамаранах", "костра", "beginners", "рекам"]), cut=some.integers(4, 9))
def test_finds_by_any_beginning_of_a_word_that_is_there(word: str, cut: int) -> None:
    assert "Сплав по рекам Алтая" in found(f"сплав {word[:cut]}")


def test_a_zero_byte_is_refused_at_the_door(api: APIClient) -> None:
    event = make_event()

    assert api.get("/api/v1/events/", {"q": "a\x00b"}).status_code == 400
    assert api.get("/api/v1/events/", {"tags": "a\x00b"}).status_code == 400
    assert api.get("/", {"tags": "a\x00b"}).status_code == 200
    assert api.get(f"/api/v1/events/{event.id}/ticket-types/", {"access_code": "\x00"}).status_code == 200


def test_puts_a_match_in_the_title_before_one_in_the_description() -> None:
    make_event(title="Вечер у воды", description="Говорим про сплав")

    assert found("сплав") == ["Сплав по рекам Алтая", "Вечер у воды"]


def test_reads_the_search_vector_from_its_index() -> None:
    with connection.cursor() as sql:
        sql.execute("SET LOCAL enable_seqscan = off")
        plan = Event.objects.matching(words_of("сплав")).explain()
        of_phrase = Event.objects.matching(words_of('"сплав по рекам"')).explain()

    assert "events_event_search" in plan
    assert "events_event_search" in of_phrase


def test_a_snippet_shows_the_match_and_nothing_that_a_browser_would_run(rafting: Event) -> None:
    Event.objects.filter(id=rafting.id).update(description="<script>alert(1)</script> [катамаран](javascript:x) & баня")

    [event] = list_catalogue(now=NOW).matching(words_of("катамаран")).with_snippets(words_of("катамаран"))
    shown = marked_snippet(event.snippet)

    assert "<mark>катамаран</mark>" in shown
    assert "<script" not in shown
    assert "javascript" not in shown
    assert "&amp; баня" in shown


def test_the_database_knows_every_time_zone_that_is_offered() -> None:
    with connection.cursor() as sql:
        sql.execute("SELECT name FROM pg_timezone_names")
        known = {name for (name,) in sql.fetchall()}

    assert sorted(TIME_ZONES - known) == []
