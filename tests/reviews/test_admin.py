"""The moderation queue of the admin."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from django_otp import DEVICE_ID_SESSION_KEY

from accounts.models import Authenticator
from accounts.models.authenticator import new_key
from accounts.second_factor import SESSION_KEY
from audit.models import AuditEntry
from reviews.models import Review
from tests.factories.accounts import make_user
from tests.factories.reviews import make_moderator, make_published_review, make_review

pytestmark = pytest.mark.django_db
QUEUE = "/admin/reviews/review/"


@pytest.fixture
def back_office() -> Any:
    """Sign staff in to the admin with their second factor."""

    def sign_in(user: Any) -> Client:
        device = Authenticator.objects.create(user=user, name="phone", key=new_key(), confirmed=True)
        client = Client(headers={"accept-language": "en"})
        client.force_login(user, "allauth.account.auth_backends.AuthenticationBackend")
        session = client.session
        session[DEVICE_ID_SESSION_KEY] = device.persistent_id
        session[SESSION_KEY] = timezone.now().isoformat()
        session.save()
        return client

    return sign_in


def act(client: Client, action: str, *reviews: Review, **form: str) -> str:
    """Choose an action for some rows; return the page that follows."""
    chosen = {"action": action, "_selected_action": [str(one.pk) for one in reviews]}
    return client.post(QUEUE, chosen | form, follow=True).content.decode()


class TestReviewAdmin:
    def test_claims_and_publishes_and_writes_it_down(self, back_office: Any) -> None:
        review, moderator = make_review(), make_user(is_staff=True, is_superuser=True)
        client = back_office(moderator)

        act(client, "claim", review)
        act(client, "publish", review)

        review.refresh_from_db()
        assert (review.status, review.decided_by) == ("published", moderator)
        entry = AuditEntry.objects.get(action="reviews.publish")
        assert (entry.actor_id, entry.target_id) == (moderator.pk, str(review.pk))
        assert entry.changes["status"] == ["pending", "published"]

    def test_rejects_and_hides_for_a_reason(self, back_office: Any) -> None:
        waiting, public = make_review(), make_published_review()
        client = back_office(make_user(is_staff=True, is_superuser=True))
        act(client, "claim", waiting)

        refused = act(client, "reject", waiting)
        act(client, "reject", waiting, reason_code="untrue", reason_text="No such route.")
        act(client, "hide", public, reason_code="offensive")

        assert "Choose a reason" in refused
        waiting.refresh_from_db()
        public.refresh_from_db()
        assert (waiting.status, waiting.reason_code, waiting.reason_text) == ("rejected", "untrue", "No such route.")
        assert (public.status, public.reason_code) == ("hidden", "offensive")
        assert AuditEntry.objects.get(action="reviews.hide").reason == "offensive"

    def test_does_what_it_can_and_says_what_it_could_not(self, back_office: Any) -> None:
        mine, somebody_elses = make_review(), make_review()
        client = back_office(make_user(is_staff=True, is_superuser=True))
        act(client, "claim", mine)
        Review.objects.filter(pk=somebody_elses.pk).update(claimed_by=make_moderator(), claimed_at=timezone.now())

        page = act(client, "publish", mine, somebody_elses)

        assert "Another moderator is looking at this review." in page
        assert "1 review done." in page

    def test_offers_no_actions_without_the_permission(self, back_office: Any) -> None:
        review, reader = make_review(), make_user(is_staff=True)
        reader.user_permissions.add(*permissions("view_review"))

        act(back_office(reader), "claim", review)

        review.refresh_from_db()
        assert review.claimed_by is None

    @pytest.mark.parametrize("count", [1, 6])
    def test_lists_many_with_as_few_queries_as_one(
        self, back_office: Any, django_assert_max_num_queries: Any, count: int
    ) -> None:
        for _ in range(count):
            make_review()
        client = back_office(make_user(is_staff=True, is_superuser=True))

        with django_assert_max_num_queries(10):
            page = client.get(QUEUE)

        assert page.status_code == 200

    def test_shows_a_review_and_lets_nobody_write_in_it(self, back_office: Any) -> None:
        review = make_review()
        client = back_office(make_user(is_staff=True, is_superuser=True))

        shown = client.get(f"{QUEUE}{review.pk}/change/")
        changed = client.post(f"{QUEUE}{review.pk}/change/", {"text": "other words, written by somebody else"})

        assert review.text in shown.content.decode()
        assert changed.status_code == 403

    def test_shows_appeals_and_refuses_the_moderator_they_are_against(self, back_office: Any) -> None:
        first, second = (make_user(is_staff=True, is_superuser=True) for _ in range(2))
        appealed, other = make_review(), make_review()
        Review.objects.filter(pk=appealed.pk).update(
            appealed_at=timezone.now(), appeal_text="I named a river.", appealed_against=first
        )

        of_first, of_second = back_office(first), back_office(second)
        shown = of_second.get(QUEUE, {"appealed_at__isempty": "0"}).content.decode()
        refusal = act(of_first, "claim", appealed)
        appealed.refresh_from_db()
        by_first = appealed.claimed_by
        act(of_second, "claim", appealed)
        appealed.refresh_from_db()

        assert ("I named a river." in shown, str(other.pk) in shown) == (True, False)
        assert "Another moderator decides" in refusal
        assert (by_first, appealed.claimed_by) == (None, second)


def permissions(*codenames: str) -> Any:
    from django.contrib.auth.models import Permission

    return Permission.objects.filter(codename__in=codenames)
