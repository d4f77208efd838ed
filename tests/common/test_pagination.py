"""Pages are cut by all columns of the order: nothing is left out or given twice, however many rows look alike."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from accounts.models import Organizer
from common.api.pagination import Cursor, CursorPagination, InvalidCursor
from events.models import Event
from tests.factories.accounts import make_organizer
from tests.factories.events import make_event

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def pages(rows: Any, ordering: tuple[str, ...], *, size: int = 3) -> tuple[list[list[Any]], list[Any]]:
    """Walk to the end and back; return the pages on the way there, and all rows met on the way back."""
    there, back = [], []
    url: str | None = f"/?page_size={size}"
    previous: str | None = None
    while url and len(there) <= rows.count():
        page, url, previous = read(rows, ordering, url)
        there.append(page)
    while previous and len(back) <= rows.count():
        page, _, previous = read(rows, ordering, previous)
        back = page + back
    return there, back


def read(rows: Any, ordering: tuple[str, ...], url: str) -> tuple[list[Any], str | None, str | None]:
    paginator = CursorPagination()
    paginator.get_ordering = lambda *_: ordering  # type: ignore[method-assign]
    page = paginator.paginate_queryset(rows, Request(APIRequestFactory().get(url)))
    return page, paginator.get_next_link(), paginator.get_previous_link()


class TestCursorPagination:
    @pytest.mark.parametrize(
        "ordering",
        [("-created_at", "-id"), ("created_at", "id"), ("name", "-created_at", "id"), ("-name", "id")],
        ids=str,
    )
    def test_gives_every_row_once_in_both_directions(self, ordering: tuple[str, ...]) -> None:
        for number in range(10):
            made = make_organizer(name=f"Name {number % 3}")
            Organizer.objects.filter(pk=made.pk).update(created_at=NOON + timedelta(minutes=number // 4))
        expected = list(Organizer.objects.order_by(*ordering))

        there, back = pages(Organizer.objects.all(), ordering)

        assert [row for page in there for row in page] == expected
        assert [len(page) for page in there] == [3, 3, 3, 1]
        assert back == expected[:9]

    def test_goes_on_past_any_number_of_rows_of_one_time(self) -> None:
        Organizer.objects.bulk_create(
            Organizer(name="N", slug=f"n{number}", contact_email="n@example.com", created_at=NOON)
            for number in range(1_250)
        )

        there, _ = pages(Organizer.objects.all(), ("-created_at", "-id"), size=100)

        assert len({row.pk for page in there for row in page}) == 1_250

    @pytest.mark.parametrize("ordering", [("-published_at", "-id"), ("published_at", "id")], ids=str)
    def test_finds_rows_without_a_value(self, ordering: tuple[str, ...]) -> None:
        for number in range(7):
            make_event(status="published" if number % 2 else "draft")
        expected = list(Event.objects.order_by(*ordering))

        there, back = pages(Event.objects.all(), ordering, size=2)

        assert [row for page in there for row in page] == expected
        assert back == expected[:6]

    def test_leaves_out_nothing_when_rows_come_and_go(self) -> None:
        rows = [make_organizer(name=f"{number}") for number in range(6)]
        _, following, _ = read(Organizer.objects.all(), ("name", "id"), "/?page_size=3")
        rows[2].members.all().delete()
        rows[2].delete()
        make_organizer(name="0 new")

        page, _, _ = read(Organizer.objects.all(), ("name", "id"), str(following))

        assert page == rows[3:6]

    def test_refuses_the_cursor_of_another_order(self) -> None:
        for _ in range(4):
            make_organizer()
        _, following, _ = read(Organizer.objects.all(), ("name", "id"), "/?page_size=3")

        with pytest.raises(InvalidCursor):
            read(Organizer.objects.all(), ("-name", "-id"), str(following))

    @pytest.mark.parametrize("value", [float("inf"), "many", None, [1], "\0"], ids=repr)
    def test_refuses_a_cursor_whose_values_no_column_has(self, value: Any) -> None:
        forged = Cursor(("-version", "-id"), [value, "not an id"], is_backward=False).encode()

        with pytest.raises(InvalidCursor):
            read(Event.objects.all(), ("-version", "-id"), f"/?cursor={forged}")

    def test_begins_where_an_index_can(self) -> None:
        for _ in range(4):
            make_organizer()
        _, following, _ = read(Organizer.objects.all(), ("-created_at", "-id"), "/?page_size=3")

        with CaptureQueriesContext(connection) as captured:
            read(Organizer.objects.all(), ("-created_at", "-id"), str(following))

        assert '"created_at" <= ' in captured.captured_queries[0]["sql"]
