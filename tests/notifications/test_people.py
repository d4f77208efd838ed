"""Recipients, preferences, inbox, unsubscribing, segments."""

import uuid
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone
from hypothesis import assume, given, settings
from hypothesis.strategies import integers, sampled_from, times
from rest_framework.test import APIClient

from common.problems import InvalidInput, NotFound
from common.transactions import use_case
from notifications.models import (
    ContactPoint,
    InboxItem,
    NotificationJob,
    Preference,
    Recipient,
    Segment,
    ServiceSource,
    VapidKey,
)
from notifications.models.choices import Channel
from notifications.rendering.message import render_message
from notifications.segment_language import Conditions, years_before
from notifications.selectors.segments import list_members
from notifications.services.decide_delivery import end_of_quiet_hours
from notifications.services.define_segment import define_segment
from notifications.services.know_recipients import supported
from notifications.services.put_into_inbox import Delivered, put_into_inbox
from notifications.services.save_recipient import RecipientDetails, save_recipient
from notifications.services.switch_off_contact_point import switch_off_contact_point
from notifications.services.unsubscribe import unsubscribe
from notifications.services.wake_waiting_jobs import wake_waiting_jobs
from notifications.unsubscribe_links import link_for, read_token
from tests.factories.accounts import bearer, make_user
from tests.factories.notifications import make_job, make_recipient, make_segment, make_service_token
from tests.notifications.flow import send

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def put_recipient(api: APIClient, body: dict[str, Any], user_id: Any = None) -> Any:
    return api.put(f"/api/v1/notifications/recipients/{user_id or uuid.uuid4()}/", body)


class TestSaveRecipient:
    def test_makes_and_changes_what_is_told(self, service: APIClient) -> None:
        user_id = uuid.uuid4()

        first = put_recipient(
            service, {"locale": "en", "genres": ["Drama", "drama "], "marketing_consent": True}, user_id
        )
        second = put_recipient(service, {"birth_on": "1990-05-17", "email": "anna@example.com"}, user_id)

        told = {"user_id": str(user_id)}
        assert first.json() == told | {"locale": "en", "genres": ["drama"], "marketing_consent": True}
        assert second.json() == told | {"birth_on": "1990-05-17"}
        kept = Recipient.objects.get()
        assert (kept.locale, kept.genres, kept.birth_on, kept.marketing_consent_at is not None) == (
            "en",
            ["drama"],
            date(1990, 5, 17),
            True,
        )
        assert ContactPoint.objects.get().address == "anna@example.com"

    def test_takes_a_consent_back(self, service: APIClient) -> None:
        recipient = make_recipient(marketing_consent_at=NOW)

        answer = put_recipient(service, {"marketing_consent": False}, recipient.external_id)

        assert answer.json()["marketing_consent"] is False

    def test_keeps_the_time_of_the_first_consent(self) -> None:
        recipient = make_recipient(marketing_consent_at=NOW)

        with use_case():
            saved = save_recipient(
                user_id=recipient.external_id,
                details=RecipientDetails(marketing_consent=True),
                now=NOW + timedelta(days=1),
            )

        assert saved.marketing_consent_at == NOW

    @pytest.mark.parametrize(
        "body",
        [
            {"email": "x"},
            {"locale": "de"},
            {"time_zone": "Mars/Base"},
            {"time_zone": "America"},
            {"birth_on": "1990"},
            {"genres": "drama"},
            {"birth_date": "1990-05-05"},
            {"user_id": "1"},
            {"marketing_consent": "yes"},
            {"marketing_consent": 1},
            {"marketing_consent": None},
            {"birth_on": "1800-01-01"},
            {"birth_on": "2190-01-01"},
            {"registered_at": "2190-01-01T00:00:00Z"},
            {"registered_at": "0001-01-01T00:00:00Z"},
            {"registered_at": "0001-01-01T00:00:00+14:00"},
            {"display_name": 5},
            {"genres": [1]},
            {"email": f"{'x' * 65}@example.com"},
            {"email": f"x@{'y' * 60}.{'y' * 60}.{'y' * 60}.{'y' * 60}.example.com"},
        ],
    )
    def test_refuses_wrong_details(self, service: APIClient, body: dict[str, Any]) -> None:
        answer = put_recipient(service, body)

        assert answer.status_code == 400
        assert answer.json()["errors"][0]["pointer"].startswith(f"/{next(iter(body))}")

    def test_forgets_what_is_known_no_more(self, service: APIClient) -> None:
        recipient = make_recipient(email="old@example.com", registered_at=NOW, city="Perm")

        answer = put_recipient(service, {"email": None, "birth_on": None, "registered_at": None}, recipient.external_id)

        recipient.refresh_from_db()
        assert answer.json() == {"user_id": str(recipient.external_id), "birth_on": None, "registered_at": None}
        assert (recipient.birth_on, recipient.registered_at, recipient.city) == (None, None, "Perm")
        assert not ContactPoint.objects.exists()

    def test_is_for_programs_with_the_scope(self, api: APIClient) -> None:
        guest = put_recipient(api, {})
        api.credentials(HTTP_AUTHORIZATION=f"Bearer {make_service_token(scopes=('notifications:events',))}")
        without_scope = put_recipient(api, {})
        api.credentials()
        api.force_login(make_user(), "allauth.account.auth_backends.AuthenticationBackend")
        session = put_recipient(api, {})

        assert (guest.status_code, without_scope.status_code, session.status_code) == (401, 403, 403)

    def test_replaces_the_address_and_uses_one_that_was_off_again(self) -> None:
        recipient = make_recipient(email="old@example.com")

        def use(email: str) -> list[str]:
            with use_case():
                save_recipient(user_id=recipient.external_id, details=RecipientDetails(email=email), now=NOW)
            return list(ContactPoint.objects.active().filter(channel="email").values_list("address", flat=True))

        assert use("new@example.com") == ["new@example.com"]
        with use_case():
            assert switch_off_contact_point(contact_point_id=ContactPoint.objects.get().id, reason="550", now=NOW)
        assert use("new@example.com") == ["new@example.com"]

    def test_reads_languages_as_people_write_them(self) -> None:
        assert [supported(one) for one in ("ru", "RU-ru", "en_GB", "de", "", None)] == [
            "ru",
            "ru",
            "en",
            "en",
            None,
            None,
        ]


class TestWakeWaitingJobs:
    def test_wakes_what_waits_for_this_address_only(self) -> None:
        recipient = make_recipient(email=None)
        later = timezone.now() + timedelta(hours=1)
        waiting = make_job(recipient=recipient, status="deferred", reason="no_address", next_attempt_at=later)
        quiet = make_job(recipient=recipient, status="deferred", reason="quiet_hours", next_attempt_at=later)

        with use_case():
            count = wake_waiting_jobs(recipient_id=recipient.id, channel="email")

        waiting.refresh_from_db()
        quiet.refresh_from_db()
        assert count == 1
        assert waiting.next_attempt_at < later
        assert quiet.next_attempt_at == later


class TestSegments:
    def members(self, **conditions: Any) -> set[Recipient]:
        return set(list_members(conditions=Conditions(**conditions), now=NOW))

    def test_likes_any_of_the_genres(self) -> None:
        inside = make_recipient(genres=["drama", "sci-fi"])
        make_recipient(genres=["drama"])
        make_recipient()

        assert self.members(by_genres=["sci-fi", "action"]) == {inside}

    def test_has_had_the_birthday(self) -> None:
        today = NOW.date()
        had = make_recipient(birth_on=today.replace(year=today.year - 16))
        make_recipient(birth_on=today.replace(year=today.year - 16) + timedelta(days=1))
        make_recipient(birth_on=None)

        assert self.members(min_age=16) == {had}

    def test_leaves_out_who_has_told_no_birth_date_even_for_age_0(self) -> None:
        make_recipient(birth_on=None)

        assert self.members(min_age=0) == set()

    def test_ages_those_of_29_february_on_1_march(self) -> None:
        assert years_before(date(2026, 2, 28), 18) == date(2008, 2, 28)
        assert years_before(date(2028, 2, 29), 18) == date(2010, 2, 28)

    def test_joins_conditions(self) -> None:
        both = make_recipient(tags=["loyal"], genres=["drama"])
        make_recipient(tags=["loyal"])

        assert self.members(has_any_tag=["loyal", "new"], by_genres=["drama"]) == {both}
        assert len(self.members()) == 2

    def test_refuses_conditions_that_it_does_not_know(self) -> None:
        with pytest.raises(InvalidInput), use_case():
            define_segment(code="x", description="", conditions={"by_shoe_size": 43}, now=NOW)

    def test_changes_a_segment_under_its_name(self) -> None:
        for tag in ("one", "two"):
            with use_case():
                define_segment(code="x", description="", conditions={"has_any_tag": [tag]}, now=NOW)

        assert Segment.objects.get().conditions == {"has_any_tag": ["two"]}


class TestQuietHours:
    @pytest.mark.parametrize(
        ("now", "until"),
        [
            ("2026-03-01T18:59:59Z", None),
            ("2026-03-01T19:00:00Z", "2026-03-02T05:00:00Z"),
            ("2026-03-02T04:59:59Z", "2026-03-02T05:00:00Z"),
            ("2026-03-02T05:00:00Z", None),
        ],
    )
    def test_cross_midnight_in_the_recipients_zone(self, now: str, until: str | None) -> None:
        end = end_of_quiet_hours(
            (time(22), time(8)), zone="Europe/Moscow", now=datetime.fromisoformat(now.replace("Z", "+00:00"))
        )

        assert end == (datetime.fromisoformat(until.replace("Z", "+00:00")) if until else None)

    def test_of_a_day_lie_inside_it(self) -> None:
        noon = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)

        assert end_of_quiet_hours((time(12), time(14)), zone="UTC", now=noon) == noon.replace(hour=14, minute=0)
        assert end_of_quiet_hours((time(14), time(16)), zone="Nowhere/At-All", now=noon) is None

    @settings(max_examples=300, deadline=None)
    @given(
        begin=times(),
        end=times(),
        zone=sampled_from(
            [
                "Europe/Moscow",
                "Europe/Berlin",
                "America/New_York",
                "Australia/Lord_Howe",
                "Asia/Kathmandu",
                "Pacific/Apia",
            ]
        ),
        seconds=integers(min_value=1_324_771_200, max_value=1_830_211_200),
    )
    def test_end_soon_and_stay_over(self, begin: time, end: time, zone: str, seconds: int) -> None:
        """Whatever the clocks do: silence ends within a day and an hour or two, at its own end, and it is over then."""
        assume(begin != end)
        now = datetime.fromtimestamp(seconds, UTC)

        until = end_of_quiet_hours((begin, end), zone=zone, now=now)

        local = now.astimezone(ZoneInfo(zone))
        clock_is_even = {(local + timedelta(hours=h)).utcoffset() for h in range(-30, 31, 3)} == {local.utcoffset()}
        inside = begin <= local.time() < end if begin < end else local.time() >= begin or local.time() < end
        if clock_is_even:
            assert (until is not None) == inside
        if until is not None:
            assert now < until <= now + timedelta(hours=50)
            assert end_of_quiet_hours((begin, end), zone=zone, now=until) is None
            if clock_is_even:
                assert until.astimezone(ZoneInfo(zone)).time() == end

    @pytest.mark.parametrize(
        ("now", "until"),
        [
            # Set forwards at 2:00: 2:30 isn't on the clock that night, so it is silent until 3:30.
            ("2026-03-29T00:10:00+00:00", "2026-03-29T01:30:00+00:00"),
            # Set back at 3:00: 2:30 comes twice, and it is silent until the second one.
            ("2026-10-25T00:40:00+00:00", "2026-10-25T01:30:00+00:00"),
        ],
    )
    def test_hold_through_a_change_of_the_clocks(self, now: str, until: str) -> None:
        end = end_of_quiet_hours((time(22), time(2, 30)), zone="Europe/Berlin", now=datetime.fromisoformat(now))

        assert end == datetime.fromisoformat(until)

    def test_begin_at_the_first_of_two_readings(self) -> None:
        between = datetime(2026, 10, 25, 0, 45, tzinfo=UTC)

        end = end_of_quiet_hours((time(2, 30), time(8)), zone="Europe/Berlin", now=between)

        assert end == datetime(2026, 10, 25, 7, 0, tzinfo=UTC)


class TestPreferences:
    URL = "/api/v1/me/notification-preferences/"

    def test_begin_with_everything_on_but_consent(self, api: APIClient) -> None:
        api.credentials(**bearer(make_user()))

        answer = api.get(self.URL).json()

        assert answer["marketing_consent"] is False
        assert answer["quiet_hours"] is None
        assert answer["categories"]["social"] == dict.fromkeys(Channel.values, True)

    def test_change_what_is_given(self, api: APIClient) -> None:
        api.credentials(**bearer(make_user()))

        api.patch(
            self.URL, {"categories": {"social": {"email": False}}, "quiet_hours": {"begin": "22:00", "end": "07:30"}}
        )
        answer = api.patch(self.URL, {"marketing_consent": True})

        assert answer.json()["categories"]["social"] == dict.fromkeys(Channel.values, True) | {"email": False}
        assert answer.json()["quiet_hours"] == {"begin": "22:00", "end": "07:30"}
        assert answer.json()["marketing_consent"] is True
        assert api.patch(self.URL, {"quiet_hours": None}).json()["quiet_hours"] is None

    @pytest.mark.parametrize(
        ("body", "pointer"),
        [
            ({"zz": 1}, "/zz"),
            ({"time_zone": "Asia/Tokyo"}, "/time_zone"),
            ({"categories": {"zz": {}}}, "/categories/zz"),
            ({"categories": {"marketing": {"sms": False}}}, "/categories/marketing/sms"),
            ({"categories": {"marketing": {"email": "no"}}}, "/categories/marketing/email"),
            ({"digests": {"transactional": "daily"}}, "/digests/transactional"),
            ({"marketing_consent": "yes"}, "/marketing_consent"),
        ],
    )
    def test_refuse_what_they_do_not_know(self, api: APIClient, body: dict[str, Any], pointer: str) -> None:
        api.credentials(**bearer(make_user()))

        answer = api.patch(self.URL, body)

        assert answer.status_code == 400
        assert [one["pointer"] for one in answer.json()["errors"]] == [pointer]
        assert not Recipient.objects.exists()

    def test_refuse_quiet_hours_without_length(self, api: APIClient) -> None:
        api.credentials(**bearer(make_user()))

        assert api.patch(self.URL, {"quiet_hours": {"begin": "22:00", "end": "22:00"}}).status_code == 400

    def test_need_a_signed_in_user(self, api: APIClient) -> None:
        assert api.get(self.URL).status_code == 401

    def test_keep_a_message_from_going_out(self) -> None:
        recipient = make_recipient()
        Preference.objects.create(recipient=recipient, category="social", channel="email", is_enabled=False)
        job = make_job(recipient=recipient, category="social")

        send([job.id])

        job.refresh_from_db()
        assert (job.status, job.reason) == ("suppressed", "switched_off_by_recipient")


class TestUnsubscribe:
    def link(self, recipient: Recipient, category: str = "marketing") -> str:
        return link_for(recipient_id=recipient.id, category=category, channel="email").partition("127.0.0.1:8000")[2]

    def test_never_happens_by_looking(self, client: Client) -> None:
        recipient = make_recipient()

        page = client.get(self.link(recipient))
        api = client.get(f"/api/v1{self.link(recipient)}")

        assert (page.status_code, api.status_code) == (200, 200)
        assert Preference.objects.count() == 0

    def test_happens_by_one_click_without_cookies(self, settings: Any) -> None:
        provider = Client(enforce_csrf_checks=True)
        recipient = make_recipient()

        answer = provider.post(self.link(recipient), {"List-Unsubscribe": "One-Click"})
        provider.post(self.link(recipient), {"List-Unsubscribe": "One-Click"})

        assert answer.status_code == 200
        choice = Preference.objects.get()
        assert (choice.recipient, choice.category, choice.channel, choice.is_enabled) == (
            recipient,
            "marketing",
            "email",
            False,
        )

    def test_happens_over_the_api(self, api: APIClient) -> None:
        answer = api.post(f"/api/v1{self.link(make_recipient())}")

        assert answer.status_code == 204
        assert Preference.objects.get().is_enabled is False

    def test_refuses_links_that_are_not_ours(self, client: Client) -> None:
        recipient = make_recipient()
        forged = self.link(recipient)[:-3] + "xx/"

        assert client.post(forged).status_code == 404
        assert client.get("/notifications/unsubscribe/nonsense/").status_code == 404

    def test_refuses_a_link_of_somebody_forgotten(self) -> None:
        recipient = make_recipient()
        token = self.link(recipient).strip("/").rpartition("/")[2]
        recipient.delete()

        with pytest.raises(NotFound), use_case():
            unsubscribe(token=token)
        assert read_token(token).category == "marketing"

    def test_is_not_offered_for_messages_about_bookings(self) -> None:
        assert self.link(make_recipient(), "transactional") == ""


class TestInbox:
    def item(self, recipient: Recipient, title: str = "News") -> InboxItem:
        return InboxItem.objects.create(recipient=recipient, job=make_job(recipient=recipient), title=title, text="…")

    def test_is_listed_counted_and_read(self, api: APIClient) -> None:
        user = make_user()
        recipient = make_recipient(external_id=user.id)
        first, second = self.item(recipient, "first"), self.item(recipient, "second")
        self.item(make_recipient(), "somebody else's")
        api.credentials(**bearer(user))

        listed = api.get("/api/v1/me/notifications/").json()["results"]
        unread = api.get("/api/v1/me/notifications/unread/").json()
        misspelt = api.post("/api/v1/me/notifications/read/", {"up_to": str(first.id)})
        after_one = api.post("/api/v1/me/notifications/read/", {"ids": [str(first.id)]}).json()
        after_all = api.post("/api/v1/me/notifications/read/", {}).json()

        assert [one["title"] for one in listed] == ["second", "first"]
        assert (misspelt.status_code, misspelt.json()["errors"][0]["pointer"]) == (400, "/up_to")
        assert (unread, after_one, after_all) == ({"unread": 2}, {"unread": 1}, {"unread": 0})
        second.refresh_from_db()
        assert second.read_at is not None

    def test_leaves_the_items_of_others_unread(self, api: APIClient) -> None:
        other = self.item(make_recipient())
        api.credentials(**bearer(make_user()))

        api.post("/api/v1/me/notifications/read/", {"ids": [str(other.id)]})

        other.refresh_from_db()
        assert other.read_at is None

    def test_needs_as_many_queries_for_many_items_as_for_one(
        self, api: APIClient, django_assert_num_queries: Any
    ) -> None:
        user = make_user()
        recipient = make_recipient(external_id=user.id)
        for _ in range(5):
            self.item(recipient)
        api.credentials(**bearer(user))
        api.get("/api/v1/me/notifications/")

        for size in (1, 5):
            with django_assert_num_queries(2):
                assert len(api.get(f"/api/v1/me/notifications/?page_size={size}").json()["results"]) == size

    def test_gets_a_message_once(self) -> None:
        job = make_job()
        message = render_message(
            subject="s", body="b", link="", context={"locale": "en", "site_url": "", "unsubscribe_url": ""}
        )
        delivered = [Delivered(job_id=job.id, recipient=job.recipient, message=message)]

        with use_case():
            counts = [put_into_inbox(delivered=delivered) for _ in range(2)]

        assert counts == [1, 0]
        assert InboxItem.objects.count() == 1

    def test_needs_a_signed_in_user(self, api: APIClient) -> None:
        assert api.get("/api/v1/me/notifications/").status_code == 401


class TestConstraints:
    def test_keep_people_in_order(self) -> None:
        recipient = make_recipient(email="a@example.com")
        make_segment(code="x")
        Preference.objects.create(recipient=recipient, category="social", channel="email", is_enabled=True)
        user = make_user()
        ServiceSource.objects.create(account=user, source="x")
        point = {"recipient": recipient, "channel": "email"}
        broken: dict[str, Any] = {
            "notifications_recipient_once": lambda: make_recipient(external_id=recipient.external_id),
            "notifications_recipient_quiet_hours_paired": lambda: make_recipient(quiet_from=time(22)),
            "notifications_contact_point_address_once": lambda: ContactPoint.objects.create(
                **point, address="a@example.com", switched_off_at=NOW, switched_off_reason="x"
            ),
            "notifications_contact_point_one_email": lambda: ContactPoint.objects.create(
                **point, address="b@example.com"
            ),
            "notifications_contact_point_off_with_reason": lambda: ContactPoint.objects.create(
                **point, address="c@example.com", switched_off_at=NOW
            ),
            "notifications_preference_once": lambda: Preference.objects.create(
                recipient=recipient, category="social", channel="email", is_enabled=False
            ),
            "notifications_segment_code_unique": lambda: make_segment(code="x"),
            "notifications_service_source_once": lambda: ServiceSource.objects.create(account=user, source="x"),
            "notifications_vapid_key_single": lambda: VapidKey.objects.create(id=2, private_pem="x", public_key="x"),
        }

        for name, violate in broken.items():
            with pytest.raises(IntegrityError, match=name), transaction.atomic():
                violate()
        assert NotificationJob.objects.count() == 0
