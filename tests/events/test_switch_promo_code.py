"""Promo codes in the back office."""

from typing import Any

import pytest

from accounts.models import User
from audit.models import AuditEntry
from common.ids import new_id
from common.problems import NotFound
from common.transactions import use_case
from events.services.switch_promo_code import switch_promo_code
from tests.accounts.test_admin_site import staff_client
from tests.factories.accounts import make_staff, make_user
from tests.factories.events import make_promo_code

pytestmark = pytest.mark.django_db


@pytest.fixture
def finance() -> User:
    return make_staff("finance")


class TestPage:
    def test_switches_a_code_off_and_on_with_a_reason(self, finance: User) -> None:
        promo, office = make_promo_code(), staff_client(finance, verified=True)
        path = f"/admin/events/promocode/{promo.id}/"
        states = []

        for step in ("switch_off_this", "switch_on_this"):
            assert office.get(f"{path}{step}/").status_code == 200
            office.post(f"{path}{step}/", {"reason": "It leaked"})
            promo.refresh_from_db()
            states.append(promo.is_active)

        entries = AuditEntry.objects.filter(action="events.switch_promo_code")
        assert states == [False, True]
        assert set(entries.values_list("actor_id", "reason")) == {(finance.id, "It leaked")}
        assert entries.count() == 2

    def test_offers_the_step_that_changes_something(self, finance: User) -> None:
        promo, office = make_promo_code(is_active=False), staff_client(finance, verified=True)

        page = office.get(f"/admin/events/promocode/{promo.id}/change/").content.decode()

        assert ("switch_on_this" in page, "switch_off_this" in page) == (True, False)

    def test_is_searched_by_code_and_event(self, finance: User, django_assert_max_num_queries: Any) -> None:
        promo, other, office = make_promo_code(), make_promo_code(), staff_client(finance, verified=True)

        for words in (promo.code, promo.event.title):
            with django_assert_max_num_queries(12):
                page = office.get("/admin/events/promocode/", {"q": words}).content.decode()
            assert (str(promo.id) in page, str(other.id) in page) == (True, False)

    def test_lets_support_look_only(self) -> None:
        promo, support = make_promo_code(), staff_client(make_staff("support"), verified=True)

        shown = support.get(f"/admin/events/promocode/{promo.id}/change/")
        refused = support.post(f"/admin/events/promocode/{promo.id}/switch_off_this/", {"reason": "x"})

        promo.refresh_from_db()
        assert (shown.status_code, refused.status_code, promo.is_active) == (200, 403, True)


class TestSwitchPromoCode:
    def test_finds_nothing_to_do_twice(self) -> None:
        promo, who = make_promo_code(), make_user()

        for promo_id, is_active in ((promo.id, True), (new_id(), False)):
            with pytest.raises(NotFound), use_case():
                switch_promo_code(
                    administrator_id=who.id, promo_code_id=promo_id, is_active=is_active, reason="It leaked"
                )
