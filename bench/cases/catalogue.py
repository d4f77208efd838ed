"""The catalogue with 10,000 and 100,000 events: lists with filters and full-text search, and an event's page.

Half of the queries have been asked within the last seconds by somebody else, as in a busy catalogue; the other half are
asked by one reader only, so that no cache helps them. The page is asked of events all over the catalogue.
"""

import json
import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from urllib.parse import quote

from bench import http_load, yardsticks
from bench.figures import Figure, Yardstick
from bench.many_events import CITIES, WORDS, plant_events
from bench.system import System

CONNECTIONS = 16
SIZES = (10_000, 100_000)
ADDRESSES = "SELECT slug || '-' || id FROM events_event WHERE slug LIKE 'many-%' ORDER BY md5(id::text) LIMIT 5000"
COMMON = ["", "?ordering=newest", "?ordering=popularity", "?free=true", f"?city={quote('Чемал')}", "?preset=month"]


def run(system: System, *, seconds: int) -> Iterator[Figure]:
    """Measure at each size; the second row of a name shows what ten times the data cost."""
    yardstick = yardsticks.select_by_key(system)
    planted = 0
    for size in SIZES:
        plant(system, first=planted + 1, last=size)
        planted = size
        yield from _measure(system, size, seconds, yardstick)


def plant(system: System, *, first: int, last: int) -> None:
    """Fill the catalogue up, with fresh statistics."""
    with system.database() as database:
        plant_events(database.execute, first=first, last=last)
        database.execute("VACUUM ANALYZE events_event, events_tickettype")


def queries() -> Iterator[str]:
    """Deal questions: every other one is common, the others nobody else asks."""
    dice = random.Random(7)
    today = datetime.now(UTC).date()
    for number in count():
        if number % 2:
            yield dice.choice(COMMON)
            continue
        # The planted events begin within 300 days.
        day = today + timedelta(days=10 + number % 28)
        yield dice.choice(
            [
                f"?q={quote(dice.choice(WORDS))}&price_max={5000 + number}",
                f"?q={quote(dice.choice(WORDS))}+{quote(dice.choice(WORDS)[:4])}&page_size={10 + number % 20}",
                f"?city={quote(dice.choice(CITIES))}&date_from={day}&price_max={3000 + number}",
                f"?price_min={number % 900}&price_max={1000 + number}&ordering=price",
                f"?near={45 + number % 20}.{number % 97:02d},{40 + number % 60}.5&radius_km=150&ordering=distance",
                f"?min_rating=4&ordering=rating&price_max={4000 + number}",
            ]
        )


def _measure(system: System, size: int, seconds: int, yardstick: Yardstick | None) -> Iterator[Figure]:
    with system.database() as database:
        addresses = [address for (address,) in database.execute(ADDRESSES).fetchall()]
    dice = random.Random(11)
    lists = (http_load.Request(path=f"/api/v1/events/{query}") for query in queries())
    pages = (http_load.Request(path=f"/events/{dice.choice(addresses)}/") for _ in count())
    facets = (http_load.Request(path=f"/api/v1/events/?facets=1&price_max={90_000 + number}") for number in count())
    rows: list[tuple[str, Iterator[http_load.Request], Callable[[http_load.Answer], bool]]] = [
        ("catalogue, lists and searches", lists, _is_page_of_cards),
        ("catalogue, an event's page", pages, _is_event_page),
        ("catalogue, facets of nearly everything, never cached", facets, _has_facets),
    ]
    for name, requests, is_right in rows:
        wrong: list[str] = []

        def check(request: http_load.Request, answer: http_load.Answer, is_right=is_right, wrong=wrong) -> None:
            if answer.status != 200 or not is_right(answer):
                wrong.append(f"{answer.status} {request.path}")

        full = http_load.closed_loop(system.web, requests, connections=CONNECTIONS, seconds=seconds, on_answer=check)
        half = http_load.open_loop(
            system.web, requests, rate=full.per_second / 2, connections=CONNECTIONS, seconds=seconds, on_answer=check
        )
        yield Figure(
            name=f"{name}, {size:,} events",
            figure=full.per_second,
            unit="req/s",
            p99_ms=half.p99_ms,
            yardstick=yardstick,
            verified=not wrong and full.broken == half.broken == 0,
            detail={
                "connections": CONNECTIONS,
                "p50 at half load": f"{half.p50_ms:.1f} ms",
                "half load": f"{half.per_second:.0f} req/s",
            }
            | ({"wrong": f"{len(wrong)}, such as {wrong[0]}"} if wrong else {}),
        )


def _is_page_of_cards(answer: http_load.Answer) -> bool:
    page = json.loads(answer.body)
    return all(card["title"] and card["url"] for card in page["results"])


def _has_facets(answer: http_load.Answer) -> bool:
    return bool(json.loads(answer.body)["facets"]["total"])


def _is_event_page(answer: http_load.Answer) -> bool:
    return b"application/ld+json" in answer.body
