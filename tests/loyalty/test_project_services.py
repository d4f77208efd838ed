from datetime import timedelta
from typing import Any

import pytest

from common.transactions import use_case
from loyalty.formats.understood import Contact, Registration
from loyalty.models import ProjectMember, WebhookSecret
from loyalty.services.change_project import change_project
from loyalty.services.create_project import create_project
from loyalty.services.identify_sender import UnknownWebhookSecret, find_door
from loyalty.services.register_customer import register_customer
from loyalty.services.rotate_secret import rotate_secret
from tests.factories.accounts import make_user
from tests.factories.loyalty import NOON, make_shop

pytestmark = pytest.mark.django_db


class TestCreateProject:
    def test_keeps_nothing_that_opens_the_door(self) -> None:
        owner = make_user()

        with use_case():
            opened = create_project(owner_id=owner.id, name="Boats")

        stored = WebhookSecret.objects.get()
        assert opened.webhook_secret.encode() not in bytes(stored.digest)
        assert opened.webhook_secret.startswith(stored.prefix)
        assert len(stored.prefix) == 8
        assert ProjectMember.objects.get().user_id == owner.id
        assert find_door(secret=opened.webhook_secret, now=NOON).project == opened.project


class TestRotateSecret:
    def test_lets_the_old_one_work_for_a_while(self) -> None:
        shop = make_shop()

        with use_case():
            fresh = rotate_secret(project=shop.project, actor_id=shop.owner.id, now=NOON, overlap=timedelta(hours=1))

        assert find_door(secret=fresh, now=NOON + timedelta(days=1)).project == shop.project
        assert find_door(secret=shop.secret, now=NOON + timedelta(minutes=59)).project == shop.project
        with pytest.raises(UnknownWebhookSecret):
            find_door(secret=shop.secret, now=NOON + timedelta(hours=1))

    def test_knows_secrets_made_under_an_earlier_key(self, settings: Any) -> None:
        shop = make_shop()

        settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "a new one"

        assert find_door(secret=shop.secret, now=NOON).project == shop.project


class TestChangeProject:
    def test_writes_only_what_is_changed(self) -> None:
        shop = make_shop(base_percent=5)

        with use_case():
            changed = change_project(project=shop.project, actor_id=shop.owner.id, base_percent=7)

        shop.project.refresh_from_db()
        assert (shop.project.base_percent, changed.base_percent, shop.project.name) == (7, 7, "Boats and Paddles")


class TestRegisterCustomer:
    def test_completes_but_never_overwrites(self) -> None:
        shop = make_shop()

        with use_case():
            first = Registration(contact=Contact(email="a@example.com"), name="Anna")
            register_customer(project=shop.project, registration=first, now=NOON)
            second = Registration(contact=Contact(email="a@example.com", phone="+79001234567"), name="Boris")
            customer, is_new = register_customer(project=shop.project, registration=second, now=NOON)

        assert (is_new, customer.name, customer.phone) == (False, "Anna", "+79001234567")
