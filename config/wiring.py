"""Ports of lower apps joined with what higher apps put there; the list stands in docs/architecture.md."""

from bookings.event_figures import FiguresOfBookings
from bookings.ports import join_points
from events.ports import join_bookings
from loyalty.points_for_bookings import PlatformPoints
from loyalty.ports import join_telegram_links
from messaging.adapters.orm.topic_values import join_live_values
from notifications.links_of_shops import ShopTelegramLinks
from notifications.live import UnreadCounts


def join_ports() -> None:
    """Join every port; called once all apps are loaded. A port that nobody joins keeps its default."""
    join_points(PlatformPoints())
    join_bookings(FiguresOfBookings())
    join_telegram_links(ShopTelegramLinks())
    join_live_values(UnreadCounts())
