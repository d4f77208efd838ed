from typing import Any

import pytest
import redis
from celery import current_app
from django.conf import settings
from django.db import transaction

from bus.wakeup import FIRST, LAST, LATER, publish_after_commit, queue_after_commit, waiting_tasks, wake_after_commit
from common.transactions import use_case

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def heard() -> redis.client.PubSub:
    subscription = redis.Redis.from_url(settings.REDIS_URL).pubsub()
    subscription.subscribe("wake:baker", "news")
    assert [subscription.get_message(timeout=5)["type"] for _ in range(2)] == ["subscribe"] * 2
    return subscription


def words_of(subscription: redis.client.PubSub) -> list[tuple[bytes, bytes]]:
    heard = []
    while message := subscription.get_message(timeout=0.2):
        heard.append((message["channel"], message["data"]))
    return heard


class TestPublishAfterCommit:
    def test_says_all_in_order_and_nothing_twice(self, heard: redis.client.PubSub) -> None:
        with use_case():
            wake_after_commit("baker")
            publish_after_commit("news", b"one")
            wake_after_commit("baker")
            publish_after_commit("news", b"two")

        assert words_of(heard) == [(b"wake:baker", b""), (b"news", b"one"), (b"news", b"two")]

    def test_begins_anew_with_each_transaction(self, heard: redis.client.PubSub) -> None:
        for _ in range(2):
            with use_case():
                wake_after_commit("baker")

        assert words_of(heard) == [(b"wake:baker", b"")] * 2

    def test_says_nothing_of_what_was_undone(self, heard: redis.client.PubSub) -> None:
        with use_case():
            with pytest.raises(ZeroDivisionError), transaction.atomic():
                wake_after_commit("baker")
                raise ZeroDivisionError
            publish_after_commit("news", b"one")

        assert words_of(heard) == [(b"news", b"one")]


class TestQueueAfterCommit:
    def test_lets_what_comes_first_pass_what_was_sent_before(self) -> None:
        with use_case():
            queue_after_commit("last", [], queue="kitchen", priority=LAST)
            queue_after_commit("later", [], queue="kitchen")
            queue_after_commit("first", [], queue="kitchen", priority=FIRST)
        # As by the clock.
        current_app.send_task("tick", queue="kitchen")
        waiting = waiting_tasks("kitchen")

        with current_app.connection_for_read() as connection:
            taken = [connection.default_channel.basic_get("kitchen", no_ack=True).headers["task"] for _ in range(4)]

        assert waiting == {FIRST: 2, LATER: 1, LAST: 1}
        assert taken == ["first", "tick", "later", "last"]
        assert waiting_tasks("kitchen") == {FIRST: 0, LATER: 0, LAST: 0}


class TestWaitingTasks:
    def test_says_that_it_does_not_know(self, settings: Any) -> None:
        settings.REDIS_URL = "redis://127.0.0.1:1/0"

        assert waiting_tasks("kitchen") is None
