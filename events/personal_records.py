"""What events keep about people: stands at the port of accounts (config/wiring.py)."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from events.models import CalendarLink, EventAccess, EventReport, Favorite, PromoCodeUse


class RecordsOfEvents:
    """Favourites, reports and used promo codes; answers to questions belong to a booking and are told with it."""

    name: ClassVar[str] = "events"

    def tell(self, *, user_id: UUID) -> dict[str, Any]:
        favorites = Favorite.objects.filter(user_id=user_id).order_by("created_at", "id")
        reports = EventReport.objects.filter(user_id=user_id).order_by("created_at", "id")
        uses = PromoCodeUse.objects.filter(user_id=user_id).order_by("id")
        return {
            "favorites": list(favorites.values("event_id", "event__title", "created_at")),
            "reports": list(reports.values("event_id", "event__title", "reason", "comment", "created_at")),
            "promo_codes": list(uses.values("promo_code__code", "promo_code__event_id", "used")),
        }

    def erase(self, *, user_id: UUID, email: str, now: datetime) -> None:
        """Forget what the person kept and wrote; how often a promo code was used stays counted."""
        Favorite.objects.filter(user_id=user_id).delete()
        CalendarLink.objects.filter(user_id=user_id).delete()
        EventAccess.objects.filter(user_id=user_id).delete()
        EventReport.objects.filter(user_id=user_id).exclude(comment="").update(comment="")
