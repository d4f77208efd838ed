"""Opening conversations."""

import threading
import uuid

import pytest
from django.db import connection
from django.utils import timezone

from common.problems import InvalidInput
from common.transactions import NoTransaction, use_case
from events.models import EventAccess
from messaging.application.open_conversation import NotAcquainted, PersonNotFound
from messaging.models import Conversation, Membership
from messaging.wiring import open_conversation
from tests.factories.accounts import make_organizer, make_user
from tests.factories.events import make_event
from tests.factories.messaging import make_direct

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def open_it(actor: uuid.UUID, *others: uuid.UUID, kind: str = "direct", title: str = "") -> tuple[uuid.UUID, bool]:
    with use_case():
        return open_conversation(actor_id=actor, kind=kind, member_ids=others, title=title, now=NOW)


class TestOpenConversation:
    def test_a_direct_one_is_made_once_and_found_by_both(self) -> None:
        anna, boris = make_user(), make_user()

        made = open_it(anna.pk, boris.pk)
        found = open_it(boris.pk, anna.pk)

        assert made[1]
        assert found == (made[0], False)
        assert set(Membership.objects.values_list("user_id", flat=True)) == {anna.pk, boris.pk}

    def test_a_group_is_always_made_and_owned_by_who_asked(self) -> None:
        anna, boris, clara = make_user(), make_user(), make_user()
        make_direct(anna, boris)
        make_direct(clara, anna)

        first, _ = open_it(anna.pk, boris.pk, clara.pk, kind="group", title="Crew")
        second, _ = open_it(anna.pk, boris.pk, clara.pk, kind="group", title="Crew")

        assert first != second
        roles = dict(Membership.objects.filter(conversation_id=first).values_list("user_id", "role"))
        assert roles == {anna.pk: "owner", boris.pk: "member", clara.pk: "member"}

    @pytest.mark.parametrize("joined_by", ["nothing", "request", "block"])
    def test_a_group_is_no_way_around_a_request(self, joined_by: str) -> None:
        anna, boris, friend = make_user(), make_user(), make_user()
        make_direct(anna, friend)
        if joined_by != "nothing":
            room = make_direct(anna, boris, requested_by_id=anna.pk if joined_by == "request" else None)
            Membership.objects.filter(conversation=room, user=boris).update(has_blocked=joined_by == "block")

        with pytest.raises(NotAcquainted):
            open_it(anna.pk, boris.pk, friend.pk, kind="group")

        assert not Conversation.objects.filter(kind="group").exists()

    def test_guests_of_one_event_and_its_hosts_may_be_put_into_a_group(self) -> None:
        host, anna, boris = make_user(), make_user(), make_user()
        event = make_event(organizer=make_organizer(owner=host))
        EventAccess.objects.bulk_create([EventAccess(user=user, event=event) for user in (anna, boris)])

        by_guest, _ = open_it(anna.pk, boris.pk, host.pk, kind="group")
        by_host, _ = open_it(host.pk, anna.pk, boris.pk, kind="group")

        assert Membership.objects.filter(conversation_id__in=[by_guest, by_host]).count() == 6

    @pytest.mark.parametrize("count", [0, 2])
    def test_a_direct_one_is_with_exactly_one_other(self, count: int) -> None:
        anna = make_user()

        with pytest.raises(InvalidInput) as refused:
            open_it(anna.pk, anna.pk, *(make_user().pk for _ in range(count)))

        assert refused.value.errors[0].code == "members_not_one"

    @pytest.mark.parametrize("count", [0, 200])
    def test_a_group_has_two_to_two_hundred_members(self, count: int) -> None:
        anna = make_user()

        with pytest.raises(InvalidInput) as refused:
            open_it(anna.pk, *(uuid.uuid4() for _ in range(count)), kind="group")

        assert refused.value.errors[0].code == "members_count"

    def test_refuses_who_is_not_there_or_blocked(self) -> None:
        anna, blocked = make_user(), make_user(is_active=False)

        for other in (uuid.uuid4(), blocked.pk):
            with pytest.raises(PersonNotFound):
                open_it(anna.pk, other)

        assert not Conversation.objects.exists()

    def test_refuses_to_run_outside_a_transaction(self) -> None:
        anna, boris = make_user(), make_user()

        with pytest.raises(NoTransaction):
            open_conversation(actor_id=anna.pk, kind="direct", member_ids=[boris.pk], title="", now=NOW)

    @pytest.mark.django_db(transaction=True)
    def test_two_who_ask_at_once_get_the_same_one(self) -> None:
        anna, boris = make_user(), make_user()
        together = threading.Barrier(2)
        answers = []

        def ask(one: uuid.UUID, other: uuid.UUID) -> None:
            together.wait()
            answers.append(open_it(one, other))
            connection.close()

        threads = [threading.Thread(target=ask, args=pair) for pair in ((anna.pk, boris.pk), (boris.pk, anna.pk))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert len({conversation for conversation, _ in answers}) == 1
        assert Membership.objects.count() == 2
