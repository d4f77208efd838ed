"""A catalogue of any size, made by one statement per table: for the bench and for the test of plans."""

from collections.abc import Callable, Sequence
from itertools import product
from typing import Any

KINDS = [
    "Сплав",
    "Поход",
    "Регата",
    "Заплыв",
    "Восхождение",
    "Рыбалка",
    "Экспедиция",
    "Школа",
    "Фестиваль",
    "Тренировка",
]
PLACES = [
    *["Катунь", "Чуя", "Бия", "Мзымта", "Белая", "Урал", "Волга", "Кама", "Ока", "Вуокса", "Шуя", "Умба", "Кутса"],
    *["Кереть", "Сояна", "Онега", "Ладога", "Байкал", "Ангара", "Лена", "Алдан", "Индигирка", "Колыма", "Амур"],
    *["Зея", "Бурея", "Камчатка", "Авача", "Хибины", "Таганай", "Иремель", "Эльбрус", "Домбай", "Архыз", "Безенги"],
    *["Белуха", "Мультинские", "Телецкое", "Шавла", "Аккем", "Саяны", "Ергаки", "Кузнецкий", "Путорана", "Таймыр"],
]
CITIES = [
    *["Москва", "Санкт-Петербург", "Казань", "Сочи", "Чемал", "Горно-Алтайск", "Барнаул", "Новосибирск", "Томск"],
    *["Омск", "Пермь", "Уфа", "Самара", "Петрозаводск", "Сортавала", "Мурманск", "Кировск", "Архангельск", "Вологда"],
    *["Ярославль", "Тверь", "Рыбинск", "Иркутск", "Листвянка", "Улан-Удэ", "Чита", "Хабаровск", "Владивосток"],
    *["Южно-Сахалинск", "Петропавловск-Камчатский"],
]
# Words of a few syllables, as rare as words of real descriptions are: each stands in a few of a thousand events.
SYLLABLES = "ба ве го да жи зо ка ле мо ну пе ро са ту ха че ша ры ли ко ма та по ре лу ди".split()  # noqa: SIM905  (a line is easier to read)
WORDS = ["".join(word) for word in product(SYLLABLES, SYLLABLES, ["ва", "нка", "рт", "шина", "лот"])]
WORDS += ["rafting", "canoe", "катамаран", "байдарка"]
TAGS = ["с детьми", "для новичков", "выходные", "катамаран", "байдарка", "палатки", "комфорт", "зима", "лето", "рекорд"]

EVENTS = """
    INSERT INTO events_event (
        id, organizer_id, category_id, title, slug, summary, description, language, tags, age_rating, cover, city, venue,
        address, latitude, longitude, online_url, address_is_public, contact, starts_at, ends_at, time_zone, currency,
        refund_policy, cancellable_hours_before, status, status_reason, version, published_at, price_from, price_to,
        rating, rating_count, rating_score, popularity
    )
    SELECT id, organizer_id, category_id, kind || ': ' || place || ' ' || number, 'many-' || number,
           kind || ' на ' || place || ', ' || (%(words)s::text[])[1 + number %% %(word_count)s],
           text, CASE WHEN number %% 9 = 0 THEN 'en' ELSE 'ru' END,
           jsonb_build_array((%(tags)s::text[])[1 + number %% 10], (%(tags)s::text[])[1 + number / 10 %% 10]),
           (ARRAY['0+', '6+', '12+', '16+', '18+'])[1 + number %% 5], '',
           CASE WHEN is_online THEN '' ELSE (%(cities)s::text[])[1 + (number * 7) %% %(city_count)s] END,
           CASE WHEN is_online THEN '' ELSE 'Лагерь' END, 'Береговая, ' || number,
           42 + 28 * random(), 30 + 110 * random(), CASE WHEN is_online THEN 'https://example.com/' ELSE '' END,
           false, 'hello@example.com', starts_at, starts_at + interval '6 hours', 'Europe/Moscow', 'RUB',
           '{"bands": [{"hours_before": 48, "percent": 100}]}', 24, 'published', '', 1, now() - random() * interval '90 days',
           price, price + 500, 1 + 4 * random(), 3, 3 + 2 * random(), (random() * 9000)::int
    FROM (
        SELECT number, uuidv7() AS id, number %% 17 = 0 AS is_online,
               now() + interval '1 day' + random() * interval '300 days' AS starts_at,
               CASE WHEN number %% 11 = 0 THEN 0 ELSE 300 + 100 * (number %% 90) END AS price,
               (%(kinds)s::text[])[1 + number %% %(kind_count)s] AS kind,
               (%(places)s::text[])[1 + (number * 3) %% %(place_count)s] AS place,
               organizers.ids[1 + number %% cardinality(organizers.ids)] AS organizer_id,
               categories.ids[1 + number %% cardinality(categories.ids)] AS category_id,
               (SELECT string_agg((%(words)s::text[])[1 + (random() * (%(word_count)s - 1))::int], ' ')
                FROM generate_series(1, 40 + number %% 3)) AS text
        FROM generate_series(%(first)s::int, %(last)s::int) AS number,
             (SELECT array_agg(id ORDER BY id) AS ids FROM accounts_organizer) AS organizers,
             (SELECT array_agg(id ORDER BY id) AS ids FROM events_category) AS categories
    ) AS dealt
"""
TICKET_TYPES = """
    INSERT INTO events_tickettype (
        id, event_id, name, price, currency, capacity, held, sold, min_per_booking, max_per_booking, access_code, position
    )
    SELECT uuidv7(), id, name, price_from + more, 'RUB', 20, 0, (popularity + more) %% 21, 1, 10, '', 0
    FROM events_event, (VALUES ('Взрослый', 0), ('С обедом', 500)) AS kind(name, more)
    WHERE slug LIKE 'many-%%' AND NOT EXISTS (SELECT 1 FROM events_tickettype WHERE event_id = events_event.id)
"""


def plant_events(execute: Callable[[str, Any], object], *, first: int, last: int) -> None:
    """Insert published events number `first` to `last` with two ticket types each, dealt to whoever is there.

    Triggers are left out: the rows are written as the triggers would leave them.
    """
    execute("SET session_replication_role = replica", None)
    lists: dict[str, Sequence[str]] = {"kinds": KINDS, "places": PLACES, "cities": CITIES, "words": WORDS, "tags": TAGS}
    counts = {f"{name}_count": len(lists[plural]) for name, plural in (("kind", "kinds"), ("place", "places"))}
    counts |= {"city_count": len(CITIES), "word_count": len(WORDS)}
    execute(EVENTS, {**lists, **counts, "first": first, "last": last})
    execute(TICKET_TYPES, {})
    execute("SET session_replication_role = DEFAULT", None)
