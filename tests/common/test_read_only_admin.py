"""The back office as a whole: nobody is offered a step that they have no right to."""

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.test import RequestFactory

from accounts.models import User
from common.read_only_admin import ReadOnlyAdmin
from tests.factories.accounts import make_user
from tests.factories.bookings import hold

PLACES = ("actions", "actions_list", "actions_detail", "actions_row", "actions_submit_line")
PAGES = {f"{one.opts.app_label}.{one.opts.model_name}": one for one in admin.site._registry.values()}
READ_ONLY = [name for name, page in PAGES.items() if isinstance(page, ReadOnlyAdmin)]


def staff_with(*rights: str) -> User:
    user = make_user(is_staff=True)
    for right in rights:
        app, codename = right.split(".")
        user.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
    return user


def request_of(user: User) -> Any:
    request = RequestFactory().get("/")
    request.user = user
    return request


@pytest.mark.parametrize("name", PAGES)
def test_every_step_says_who_may_take_it(name: str) -> None:
    page: Any = PAGES[name]
    steps = {step: getattr(page, step) for place in PLACES for step in getattr(page, place, None) or ()}

    assert {step for step, run in steps.items() if not getattr(run, "allowed_permissions", None)} == set()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "right", "step"),
    [
        ("bookings.providerwebhook", "bookings.change_booking", "retry"),
        ("bookings.refund", "bookings.change_booking", "retry"),
        ("bus.delivery", "bus.change_delivery", "replay"),
        ("loyalty.mergecandidate", "loyalty.change_mergecandidate", "dismiss"),
        ("loyalty.mergecandidate", "loyalty.change_mergecandidate", "merge"),
        ("loyalty.webhookdelivery", "loyalty.change_webhookdelivery", "replay"),
    ],
)
def test_who_may_only_read_is_offered_no_step(name: str, right: str, step: str) -> None:
    page, reading = PAGES[name], name.replace(".", ".view_")

    offered = page.get_actions(request_of(staff_with(reading)))
    offered_with_the_right = page.get_actions(request_of(staff_with(reading, right)))

    assert page.has_view_permission(request_of(staff_with(reading)))
    assert step not in offered
    assert step in offered_with_the_right


@pytest.mark.parametrize("name", READ_ONLY)
def test_rows_that_services_write_are_written_by_nobody_else(name: str) -> None:
    page, request = PAGES[name], request_of(User(is_staff=True, is_superuser=True))

    assert page.has_view_permission(request)
    assert not page.has_add_permission(request)
    assert not page.has_change_permission(request)
    assert not page.has_delete_permission(request)


@pytest.mark.django_db
def test_a_row_is_called_by_what_people_know_it_by() -> None:
    page, request = PAGES["bookings.booking"], request_of(make_user(is_staff=True, is_superuser=True))
    booking = hold()

    titled = page._titled(request, str(booking.pk), "original")

    assert str(titled["original"]) == titled["subtitle"] == f"{booking.user}, {booking.event}"
    assert titled["original"].pk == booking.pk
    assert page._titled(request, str(booking.event_id), "original") == {}


@pytest.mark.parametrize("name", READ_ONLY)
def test_a_title_is_made_of_what_the_row_has(name: str) -> None:
    page: Any = PAGES[name]
    row = page.model(**{field.attname: None for field in page.opts.concrete_fields if field.is_relation})

    for field in page.title_fields:
        assert hasattr(page, field) or hasattr(row, field) or page.opts.get_field(field)
