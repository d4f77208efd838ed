"""The demo's programme: categories, organizers and events; texts stand in demo_texts/*.toml.

Ids are always the same; dates count from the day on which the demo is made first.
"""

import tomllib
import uuid
import zoneinfo
from datetime import datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.utils import timezone

from accounts.models import Organizer, OrganizerMember, User
from events.actors import Actor
from events.models import Category, Event, TicketType
from events.models.lifecycle import Status
from events.services.advance_by_clock import advance_by_clock
from events.services.cancel_event import cancel_event
from events.services.publish_event import publish_event
from events.slugs import slug_of

NAMESPACE = uuid.UUID("0d5c7c0e-95a5-5d5e-8f5d-3c1c7f1f7a20")
TEXTS = Path(__file__).parent / "demo_texts"
DEMO_ORGANIZER = "bolshaya-voda"

# slug: parent, Russian, English
CATEGORIES = {
    "water": (None, "На воде", "On water"),
    "rafting": ("water", "Рафтинг", "Rafting"),
    "kayak": ("water", "Каяки и байдарки", "Kayaks"),
    "sup": ("water", "Сапы", "SUP"),
    "sailing": ("water", "Паруса", "Sailing"),
    "diving": ("water", "Дайвинг", "Diving"),
    "swimming": ("water", "Заплывы", "Open water"),
    "fishing": ("water", "Рыбалка", "Fishing"),
    "land": (None, "На суше", "On land"),
    "hiking": ("land", "Походы", "Hiking"),
    "mountains": ("land", "Вершины", "Summits"),
    "winter": ("land", "Зима", "Winter"),
    "school": (None, "Школы и курсы", "Schools"),
    "festival": (None, "Фестивали", "Festivals"),
}
# slug: name, about
ORGANIZERS = {
    "severny-veter": ("Северный ветер", "Паруса, морские каяки и лыжи между Невой и Онего."),
    "greben": ("Гребень", "Горный клуб из Новосибирска: ходим высоко и возвращаемся все."),
    "glubina": ("Глубина", "Дайвинг и плавание в открытой воде, от бассейна до Баренцева моря."),
    "baikalskaya-tropa": ("Байкальская тропа", "Пешком, вплавь и по льду вокруг самого глубокого озера."),
    "tikhiy-bereg": ("Тихий берег", "Городская вода: сапы, каяки и рыбалка рядом с домом."),
    "kray-kamchatka": ("Край", "Маленькая камчатская команда: вулканы, реки, собаки."),
}
POLICIES = {
    "flexible": ((168, 100), (48, 50)),
    "strict": ((720, 100), (336, 50)),
    "day": ((24, 100),),
}
# How long an organizer works on a draft.
WRITTEN_FOR = timedelta(days=9)
CANCELLABLE_HOURS = {"flexible": 48, "strict": 336, "day": 24}


def load_demo(known: dict[str, Any]) -> dict[str, Any]:
    """Make what is missing and return the ids that other demos and journeys ask for."""
    now = timezone.now()
    _categories()
    organizers = _organizers(known, now)
    entries = [entry for path in sorted(TEXTS.glob("*.toml")) for entry in tomllib.loads(path.read_text())["event"]]
    for entry in entries:
        if not Event.objects.filter(id=_id(entry["key"])).exists():
            _event(entry, organizer=organizers[entry["by"]], now=now)
    while advance_by_clock(now=now):
        continue
    return {"demo_events": _roles(entries)}


def _roles(entries: list[dict[str, Any]]) -> dict[str, Any]:
    finished = [str(_id(entry["key"])) for entry in entries if entry.get("role") == "finished"]
    single = {entry["role"]: str(_id(entry["key"])) for entry in entries if entry.get("role", "finished") != "finished"}
    upcoming = [str(_id(entry["key"])) for entry in entries if entry["day"] > 0 and "status" not in entry]
    return single | {"finished": finished[0], "all_finished": finished, "upcoming": upcoming}


def _id(key: str) -> uuid.UUID:
    return uuid.uuid5(NAMESPACE, key)


def _categories() -> None:
    for position, (slug, (parent, name_ru, name_en)) in enumerate(CATEGORIES.items()):
        Category.objects.get_or_create(
            slug=slug,
            defaults={
                "id": _id(f"category-{slug}"),
                "parent_id": _id(f"category-{parent}") if parent else None,
                "name_ru": name_ru,
                "name_en": name_en,
                "position": position,
            },
        )


def _organizers(known: dict[str, Any], now: datetime) -> dict[str, Organizer]:
    people = User.objects.in_bulk(known["demo_people"][-len(ORGANIZERS) :])
    found = {DEMO_ORGANIZER: Organizer.objects.get(id=known["demo_organizer_id"])}
    for (slug, (name, about)), owner in zip(ORGANIZERS.items(), people.values(), strict=True):
        found[slug], _created = Organizer.objects.get_or_create(
            slug=slug,
            defaults={
                "id": _id(f"organizer-{slug}"),
                "name": name,
                "description": about,
                "contact_email": f"hello@{slug}.example",
                "approved_at": now - timedelta(days=300),
            },
        )
        OrganizerMember.objects.get_or_create(
            organizer=found[slug], user=owner, defaults={"role": OrganizerMember.Role.OWNER}
        )
    return found


def _event(entry: dict[str, Any], *, organizer: Organizer, now: datetime) -> None:
    starts_at = _start(entry, now)
    latitude, longitude = entry.get("at", (None, None))
    past = starts_at <= now
    event = Event.objects.create(
        id=_id(entry["key"]),
        organizer=organizer,
        category=Category.objects.get(slug=entry["category"]),
        title=entry["title"],
        slug=slug_of(entry["title"]),
        summary=entry["summary"],
        description=entry["text"].strip(),
        language=entry.get("language", "ru"),
        age_rating=entry["age"],
        city=entry.get("city", ""),
        venue=entry.get("venue", ""),
        address=entry.get("address", ""),
        latitude=latitude and Decimal(str(latitude)),
        longitude=longitude and Decimal(str(longitude)),
        address_is_public=entry.get("public", False),
        online_url=entry.get("online", ""),
        contact=organizer.contact_email,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=entry["hours"]),
        time_zone=entry["zone"],
        refund_policy={"bands": [{"hours_before": h, "percent": p} for h, p in POLICIES[entry["policy"]]]},
        cancellable_hours_before=CANCELLABLE_HOURS[entry["policy"]],
        # What is over by now was published in its time; the clock takes it from there.
        status=Status.PUBLISHED if past else Status.DRAFT,
        published_at=starts_at - timedelta(days=45) if past else None,
        created_at=(starts_at - timedelta(days=45) if past else now) - WRITTEN_FOR,
    )
    TicketType.objects.bulk_create(
        TicketType(
            id=_id(f"{entry['key']}-ticket-{position}"),
            event=event,
            name=name,
            price=Decimal(price),
            capacity=seats,
            position=position,
        )
        for position, (name, price, seats) in enumerate(entry["tickets"])
    )
    _bring_to_status(event, entry, now=now)


def _bring_to_status(event: Event, entry: dict[str, Any], *, now: datetime) -> None:
    wanted = entry.get("status", "published")
    owner = Actor(event.organizer.members.get(role=OrganizerMember.Role.OWNER).user_id)
    if wanted != "draft" and event.status == Status.DRAFT:
        publish_event(actor=owner, event_id=event.id, now=now)
    if wanted == "cancelled":
        cancel_event(actor=owner, event_id=event.id, reason=entry["reason"])


def _start(entry: dict[str, Any], now: datetime) -> datetime:
    zone = zoneinfo.ZoneInfo(entry["zone"])
    day = now.astimezone(zone).date() + timedelta(days=entry["day"])
    return datetime.combine(day, time.fromisoformat(entry["time"]), zone)
