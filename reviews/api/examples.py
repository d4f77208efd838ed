"""How reviews look in the API's document."""

from typing import Any

REPLY: dict[str, Any] = {
    "organizer": "Белая вода",
    "text": "Спасибо! Ждём вас в августе.",
    "created_at": "2030-06-17T08:00:00Z",
    "edited_at": None,
}
REVIEW: dict[str, Any] = {
    "id": "01976f00-2b1c-7a5d-8e40-0242ac120002",
    "event_id": "01976e3c-8d2a-7c31-9b1e-0242ac120002",
    "author": {"name": "Анна"},
    "rating": 5,
    "aspects": {"organisation": 5, "safety": 5, "value": 4, "staff": 5},
    "text": "Три дня на реке прошли на одном дыхании. Инструкторы объясняли каждый порог.",
    "published_at": "2030-06-16T10:00:00Z",
    "version": 1,
    "helpful_count": 3,
    "has_my_vote": False,
    "reply": REPLY,
}
OWN_REVIEW = REVIEW | {
    "status": "published",
    "is_anonymous": False,
    "reason_code": "",
    "reason_text": "",
    "created_at": "2030-06-15T18:30:00Z",
    "submitted_at": "2030-06-15T18:30:00Z",
    "appealed_at": None,
    "appeal_text": "",
}
MODERATED_REVIEW = {
    name: value for name, value in OWN_REVIEW.items() if name not in ("author", "reply", "has_my_vote")
} | {
    "status": "pending",
    "published_at": None,
    "helpful_count": 0,
    "author_id": "01976e3c-0b11-7d5e-8c90-0242ac120002",
    "author_name": "Анна",
    "event_title": "Сплав по Катуни",
    "check_reasons": ["link"],
    "check_score": 20,
    "report_count": 0,
    "claimed_by_id": None,
    "claimed_at": None,
    "decided_by_id": None,
    "decided_at": None,
    "appealed_against_id": None,
    "revisions": [],
}
VOTE = {"helpful_count": 4, "has_my_vote": True}
