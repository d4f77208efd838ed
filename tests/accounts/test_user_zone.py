"""The zone in which a page shows its times."""

from datetime import UTC, datetime

import pytest
from django.test import Client

from notifications.models import InboxItem
from tests.factories.accounts import make_user
from tests.factories.notifications import make_job, make_recipient

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("zone", "shown"), [("Asia/Barnaul", "09:30"), ("UTC", "02:30"), ("Not/AZone", "02:30")])
def test_times_are_those_of_whoever_looks(zone: str, shown: str) -> None:
    user = make_user(time_zone=zone, locale="en")
    recipient = make_recipient(external_id=user.id)
    item = InboxItem.objects.create(recipient=recipient, job=make_job(recipient=recipient), title="t", text="t")
    InboxItem.objects.filter(id=item.id).update(created_at=datetime(2026, 7, 5, 2, 30, tzinfo=UTC))
    client = Client()
    client.force_login(user, "allauth.account.auth_backends.AuthenticationBackend")

    page = client.get("/inbox/", headers={"Accept-Language": "ru"}).content.decode()

    assert shown in page
