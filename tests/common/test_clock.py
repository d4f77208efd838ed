from config.apps import TICK_SECONDS
from config.celery import app


def test_ticks_that_nobody_took_are_forgotten_and_nightly_tasks_wait() -> None:
    expiry = {name: entry["options"].get("expires") for name, entry in app.conf.beat_schedule.items()}

    assert expiry["bookings.expire_holds"] == TICK_SECONDS
    assert expiry["reviews.check_ratings"] is None
