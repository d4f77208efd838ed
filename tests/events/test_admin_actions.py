"""What staff may only look at, they neither see nor carry out a step for: in the whole back office."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.actions import delete_selected
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Organizer
from events.models import BulkOperation, Event
from tests.accounts.test_admin_site import staff_client
from tests.factories.accounts import make_authenticator, make_organizer, make_staff, make_user
from tests.factories.events import make_event, make_promo_code

pytestmark = pytest.mark.django_db


def actions() -> Iterator[tuple[str, Any]]:
    """Yield every step of every list and every page, by its name."""
    for model, one in admin.site._registry.items():
        for name in one.actions or ():
            yield f"{model._meta.label} {name}", getattr(one, str(name), name)
        for kind in ("list", "detail", "row", "submit_line"):
            for name in getattr(one, f"actions_{kind}", ()) or ():
                yield f"{model._meta.label} {name}", getattr(one, str(name), name)


@pytest.fixture
def support() -> Client:
    """Staff that read events, organizers and codes, and change none of them."""
    return staff_client(make_staff("support"), verified=True)


def test_every_action_names_who_may_take_it() -> None:
    named = dict(actions())

    assert len(named) > 15
    assert [name for name, one in named.items() if not getattr(one, "allowed_permissions", ())] == []
    assert list(delete_selected.allowed_permissions) == ["delete"]


class TestSupport:
    @pytest.mark.parametrize("step", ["publish", "suspend", "restore", "cancel", "archive", "change_prices"])
    def test_takes_no_step_with_events_from_their_list(self, support: Client, step: str) -> None:
        event = make_event(status="draft")
        address = reverse("admin:events_event_changelist")

        page = support.get(address)
        support.post(address, {"action": step, "_selected_action": [str(event.id)]})

        assert (page.status_code, f'value="{step}"' in page.content.decode()) == (200, False)
        assert BulkOperation.objects.count() == 0
        assert Event.objects.get().status == "draft"

    @pytest.mark.parametrize("step", ["publish", "suspend", "restore", "cancel", "archive"])
    def test_takes_no_step_from_an_events_page(self, support: Client, step: str) -> None:
        event = make_event()
        address = reverse(f"admin:events_event_{step}_this", args=[event.id])

        page = support.get(reverse("admin:events_event_change", args=[event.id]))
        answer = support.post(address, {"start": "yes", "reason": "A storm"})

        assert (page.status_code, address in page.content.decode()) == (200, False)
        assert (answer.status_code, BulkOperation.objects.count()) == (403, 0)

    @pytest.mark.parametrize("step", ["off", "on"])
    def test_switches_no_code(self, support: Client, step: str) -> None:
        code = make_promo_code(is_active=step == "off")
        address = reverse(f"admin:events_promocode_switch_{step}_this", args=[code.id])

        page = support.get(reverse("admin:events_promocode_change", args=[code.id]))
        answer = support.post(address, {"reason": "Asked for"})

        code.refresh_from_db()
        assert (page.status_code, address in page.content.decode()) == (200, False)
        assert (answer.status_code, code.is_active) == (403, step == "off")

    def test_approves_no_organizer(self, support: Client) -> None:
        organizer = make_organizer(approved_at=None)
        address = reverse("admin:accounts_organizer_changelist")

        page = support.get(address)
        support.post(address, {"action": "approve", "_selected_action": [str(organizer.id)]})

        assert (page.status_code, 'value="approve"' in page.content.decode()) == (200, False)
        assert Organizer.objects.get().approved_at is None

    def test_resets_no_device(self, support: Client) -> None:
        device = make_authenticator(make_staff("moderator"))
        address = reverse("admin:accounts_user_changelist")

        page = support.get(address)
        support.post(address, {"action": "reset_devices", "_selected_action": [str(device.user_id)]})

        assert (page.status_code, 'value="reset_devices"' in page.content.decode()) == (200, False)
        assert device.user.authenticator_set.filter(pk=device.pk).exists()


class TestModerator:
    @pytest.fixture
    def moderator(self) -> Client:
        return staff_client(make_staff("moderator"), verified=True)

    def test_takes_down_and_puts_back_and_does_nothing_else(self, moderator: Client) -> None:
        event = make_event()
        address = reverse("admin:events_event_changelist")

        page = moderator.get(address).content.decode()
        for step in ("cancel", "change_prices", "publish", "archive"):
            moderator.post(address, {"action": step, "_selected_action": [str(event.id)]})

        steps = ("publish", "suspend", "restore", "cancel", "archive", "change_prices")
        assert {step for step in steps if f'value="{step}"' in page} == {"suspend", "restore"}
        assert not BulkOperation.objects.exists()

    def test_starts_no_order_of_an_administrator(self, moderator: Client) -> None:
        order = BulkOperation.objects.create(
            user=make_user(is_staff=True, is_superuser=True),
            by_administrator=True,
            action="cancel",
            status="planned",
            lease_expires_at=timezone.now(),
        )

        for name in ("plan", "change"):
            address = reverse(f"admin:events_bulkoperation_{name}", args=[order.id])
            assert moderator.post(address, {"reason": "A storm"}).status_code == 403

        order.refresh_from_db()
        assert order.status == "planned"
