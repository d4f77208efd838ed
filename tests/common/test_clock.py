import gc
from types import SimpleNamespace

import pytest
from celery.fixups.django import DjangoWorkerFixup
from celery.signals import worker_process_init
from django.db import connection

from config.apps import TICK_SECONDS
from config.celery import app, look_after_connection


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


def server_process() -> int:
    """Ask the database which of its processes answers; a worker's task does nothing else here."""
    worker, task = DjangoWorkerFixup(app), SimpleNamespace(request=SimpleNamespace(is_eager=False))
    worker.on_task_prerun(task)
    look_after_connection()
    with connection.cursor() as sql:
        sql.execute("SELECT pg_backend_pid()")
        [process] = sql.fetchone()
    worker.on_task_postrun(task)
    return int(process)


@pytest.mark.django_db(transaction=True)
class TestConnectionOfTasks:
    def test_lives_from_task_to_task(self) -> None:
        assert len({server_process() for _ in range(3)}) == 1

    def test_is_replaced_when_it_has_died_meanwhile(self) -> None:
        first, other = server_process(), connection.copy()
        with other.cursor() as sql:
            sql.execute("SELECT pg_terminate_backend(%s, 5000)", [first])
        other.close()

        assert server_process() != first
