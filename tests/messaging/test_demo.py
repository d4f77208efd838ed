"""The demo's conversations."""

from typing import Any

import pytest

from common.transactions import use_case
from messaging.management.demo import load_demo
from messaging.models import Conversation, Message, MessageId
from tests.factories.accounts import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def known() -> dict[str, Any]:
    return {"accounts": {role: {"id": str(make_user().pk)} for role in ("organizer", "user", "user2")}}


class TestLoadDemo:
    def test_makes_the_same_on_each_run(self, known: dict[str, Any]) -> None:
        for _ in range(2):
            with use_case():
                load_demo(known)

        assert Conversation.objects.count() == 3
        assert (
            Message.objects.count()
            == MessageId.objects.count()
            == sum(Conversation.objects.values_list("last_seq", flat=True))
        )

    def test_leaves_something_unread(self, known: dict[str, Any]) -> None:
        with use_case():
            load_demo(known)

        group = Conversation.objects.get(kind="group")
        assert group.memberships.get(user_id=known["accounts"]["user"]["id"]).read_seq < group.last_seq
