"""The audit log in the back office."""

import csv
import io
from typing import Any

import pytest
from django.test import Client

from audit.models import AuditEntry
from tests.accounts.test_admin_site import staff_client
from tests.factories.accounts import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def office() -> Client:
    return staff_client(make_user(email="chief@example.com", is_staff=True, is_superuser=True), verified=True)


def make_entry(**fields: Any) -> AuditEntry:
    defaults = {"action": "events.suspend", "target_type": "events.event", "target_id": "1"}
    return AuditEntry.objects.create(**{**defaults, **fields})


class TestTheList:
    @pytest.mark.parametrize(
        "query",
        [
            "action__icontains=suspend",
            "actor=anna",
            "target_id__icontains=42",
            "target_type__icontains=events",
            "q=request-42",
        ],
    )
    def test_filters(self, office: Client, query: str) -> None:
        anna = make_user(email="anna@example.com")
        make_entry(actor_id=anna.id, target_id="42", request_id="request-42", reason="Found")
        make_entry(action="a.other", target_type="b.other", reason="Lost")

        page = office.get(f"/admin/audit/auditentry/?{query}").content.decode()

        assert "Found" in page
        assert "Lost" not in page

    @pytest.mark.parametrize(
        ("query", "shown"),
        [
            ("at_from_0=2026-01-01&at_from_1=00:00:00", True),
            ("at_from_0=2026-01-01", True),
            ("at_from_0=2099-01-01", False),
            ("at_to_0=2099-01-01", True),
            ("at_to_0=2026-01-01", False),
            ("at_from_0=nonsense", True),
        ],
    )
    def test_filters_by_period(self, office: Client, query: str, shown: bool) -> None:
        make_entry(reason="Found")

        page = office.get(f"/admin/audit/auditentry/?{query}").content.decode()

        assert ("Found" in page) is shown

    def test_names_the_actor(self, office: Client) -> None:
        make_entry(actor_id=make_user(email="anna@example.com").id)

        assert "anna@example.com" in office.get("/admin/audit/auditentry/").content.decode()


class TestAnEntry:
    def test_shows_before_and_after_escaped(self, office: Client) -> None:
        entry = make_entry(changes={"title": ["Old", "<script>New"], "seats": [None, 10]})

        page = office.get(f"/admin/audit/auditentry/{entry.id}/change/").content.decode()

        assert "<del>Old</del>" in page
        assert "<ins>&lt;script&gt;New</ins>" in page
        assert "<ins>10</ins>" in page

    @pytest.mark.parametrize("path", ["add/", "{}/delete/"])
    def test_can_be_neither_added_nor_removed(self, office: Client, path: str) -> None:
        entry = make_entry()

        assert office.post(f"/admin/audit/auditentry/{path.format(entry.id)}", {"post": "yes"}).status_code == 403

    def test_can_not_be_changed(self, office: Client) -> None:
        entry = make_entry()

        assert office.post(f"/admin/audit/auditentry/{entry.id}/change/", {"reason": "x"}).status_code == 403


class TestTheExport:
    def test_is_csv_and_is_written_down(self, office: Client) -> None:
        entry = make_entry(reason="=1+1", changes={"status": ["a", "b"]})

        answer = office.post("/admin/audit/auditentry/", {"action": "export_csv", "_selected_action": [str(entry.id)]})

        rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))
        assert [row["action"] for row in rows] == ["events.suspend"]
        assert rows[0]["reason"] == "'=1+1"
        assert rows[0]["changes"] == '{"status": ["a", "b"]}'
        assert AuditEntry.objects.filter(action="audit.export").exists()
