import gc

from celery.signals import worker_process_init

from config.apps import TICK_SECONDS
from config.celery import app


def test_ticks_that_nobody_took_are_forgotten_and_nightly_tasks_wait() -> None:
    expiry = {name: entry["options"].get("expires") for name, entry in app.conf.beat_schedule.items()}

    assert expiry["bookings.expire_holds"] == TICK_SECONDS
    assert expiry["reviews.check_ratings"] is None


class TestWorkerProcess:
    def test_keeps_what_is_loaded_out_of_garbage_collection(self) -> None:
        try:
            worker_process_init.send(sender=None)

            assert gc.get_freeze_count() > 10_000
        finally:
            gc.unfreeze()
