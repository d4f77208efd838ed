"""Ports of lower apps joined with what higher apps put there; the list stands in docs/architecture.md."""

from accounts.ports import join_personal_records
from bookings.event_figures import FiguresOfBookings
from bookings.personal_records import RecordsOfBookings
from bookings.ports import join_points
from events.personal_records import RecordsOfEvents
from events.ports import join_bookings
from loyalty.personal_records import RecordsOfLoyalty
from loyalty.points_for_bookings import PlatformPoints
from loyalty.ports import join_telegram_links
from messaging.adapters.orm.topic_values import join_live_values
from messaging.personal_records import RecordsOfMessaging
from notifications.links_of_shops import ShopTelegramLinks
from notifications.live import UnreadCounts
from notifications.personal_records import RecordsOfNotifications
from reviews.personal_records import RecordsOfReviews


def join_ports() -> None:
    """Join every port; called once all apps are loaded. A port that nobody joins keeps its default."""
    join_points(PlatformPoints())
    join_bookings(FiguresOfBookings())
    join_telegram_links(ShopTelegramLinks())
    join_live_values(UnreadCounts())
    join_personal_records(
        RecordsOfBookings(),
        RecordsOfEvents(),
        RecordsOfReviews(),
        RecordsOfLoyalty(),
        RecordsOfNotifications(),
        RecordsOfMessaging(),
    )
