"""Everything kept about a person, in one file."""

import json
from datetime import timedelta
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from accounts.models import PersonExport, User
from accounts.retention import old_exports
from accounts.services import make_export as module
from accounts.services.make_export import LEASE, MOST_ATTEMPTS, make_export
from accounts.services.order_export import GOOD_FOR, order_export
from accounts.services.tell_account import tell_account
from accounts.tasks import make_due_exports, make_export_task
from audit.models import AuditEntry
from common.transactions import use_case
from tests.accounts.someone import EMAIL, NAME, PHONE, WORDS, make_someone
from tests.factories.accounts import bearer, make_account, make_token, make_user

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def order(user: User, now: Any = NOW) -> PersonExport:
    with use_case():
        return order_export(user_id=user.id, now=now)


def made(user: User) -> dict[str, Any]:
    """Order and make an export; return its parts by name."""
    assert make_export(export_id=order(user).id, now=NOW)
    return parts_of(PersonExport.objects.get(user=user).content)


def parts_of(content: bytes) -> dict[str, Any]:
    with ZipFile(BytesIO(content)) as archive:
        return {name: json.loads(archive.read(name)) for name in archive.namelist()}


class TestMakeExport:
    def test_tells_what_every_app_knows(self) -> None:
        parts = made(make_someone())

        assert set(parts) == {
            f"{name}.json"
            for name in ("account", "bookings", "events", "reviews", "loyalty", "notifications", "messaging")
        }
        assert parts["account.json"]["profile"]["email"] == EMAIL
        assert parts["account.json"]["tokens"][0]["name"] == WORDS
        assert parts["bookings.json"]["bookings"][0]["tickets"][0]["holder_name"] == "Вера"
        assert parts["events.json"]["reports"][0]["comment"] == WORDS
        assert WORDS in parts["reviews.json"]["reviews"][0]["text"]
        assert parts["loyalty.json"]["customer"][0]["phone"] == PHONE
        assert parts["notifications.json"]["recipient"][0]["display_name"] == NAME
        assert parts["notifications.json"]["inbox"][0]["text"] == WORDS
        assert [one["body"] for one in parts["messaging.json"]["messages"]] == [{"text": WORDS}]

    def test_tells_nothing_of_others_and_no_secrets(self) -> None:
        someone, other = make_someone(), make_account()
        secret = make_token(someone)[1]
        someone.refresh_from_db()

        parts = made(other)
        own = json.dumps(made(someone))

        assert not any(word in json.dumps(parts, ensure_ascii=False) for word in (EMAIL, NAME, PHONE, WORDS))
        assert secret not in own
        assert someone.password not in own

    def test_notes_its_progress(self, monkeypatch: pytest.MonkeyPatch) -> None:
        export, seen = order(make_user()), []

        def look(told: Any) -> str:
            seen.append(PersonExport.objects.get(id=export.id).parts_done)
            return "{}"

        monkeypatch.setattr(module, "_as_json", look)
        make_export(export_id=export.id, now=NOW)

        assert seen == list(range(1, export.parts_total + 1))

    def test_is_done_by_one_worker_at_a_time(self) -> None:
        export = order(make_user())
        PersonExport.objects.filter(id=export.id).update(next_attempt_at=NOW + LEASE)

        assert not make_export(export_id=export.id, now=NOW)
        assert make_export(export_id=export.id, now=NOW + LEASE)
        assert not make_export(export_id=export.id, now=NOW + LEASE)

    def test_is_tried_again_until_it_is_given_up(self, monkeypatch: pytest.MonkeyPatch) -> None:
        export, now = order(make_user()), NOW

        def break_down(**_: Any) -> dict[str, Any]:
            raise RuntimeError("broken part")

        monkeypatch.setattr(module, "tell_account", break_down)
        for _ in range(MOST_ATTEMPTS):
            assert not make_export(export_id=export.id, now=now)
            export.refresh_from_db()
            now = export.next_attempt_at

        assert (export.status, export.finished_at is not None) == ("failed", True)
        assert "broken part" in export.last_error
        assert not make_export(export_id=export.id, now=now)

    def test_is_taken_up_when_its_task_was_lost(self) -> None:
        lost, told = order(make_user(), timezone.now()), order(make_user(), timezone.now())

        make_export_task(str(told.id))
        make_due_exports()

        assert set(PersonExport.objects.values_list("id", "status")) == {(lost.id, "ready"), (told.id, "ready")}


class TestOrderExport:
    def test_is_one_while_it_is_made_and_a_moment_later(self) -> None:
        user = make_user()
        first, second = order(user), order(user)
        make_export(export_id=first.id, now=NOW)
        third, fourth = order(user), order(user, NOW + GOOD_FOR)

        assert first.id == second.id == third.id != fourth.id
        assert AuditEntry.objects.filter(action="accounts.export").count() == 2

    def test_is_removed_after_a_week(self) -> None:
        made(make_user())

        assert old_exports(NOW + timedelta(days=-7)).count() == 0
        assert old_exports(NOW + timedelta(seconds=1)).count() == 1


class TestTellAccount:
    @pytest.mark.parametrize("tokens", [1, 4])
    def test_asks_the_database_the_same_for_many_rows(self, tokens: int, django_assert_num_queries: Any) -> None:
        user = make_account()
        for _ in range(tokens):
            make_token(user)

        with django_assert_num_queries(8):
            assert len(tell_account(user_id=user.id)["tokens"]) == tokens


class TestApi:
    def test_orders_shows_the_progress_and_gives_the_file(self) -> None:
        user, client = make_someone(), Client()
        header = bearer(user)
        nothing = client.get("/api/v1/me/export/", **header)
        too_early = client.get("/api/v1/me/export/file/", **header)

        ordered = client.post("/api/v1/me/export/", **header)
        make_export(export_id=ordered.json()["id"], now=timezone.now())
        ready = client.get("/api/v1/me/export/", **header)
        file = client.get("/api/v1/me/export/file/", **header)

        assert (nothing.status_code, too_early.status_code, ordered.status_code) == (404, 404, 202)
        assert (ordered.json()["status"], ready.json()["status"]) == ("pending", "ready")
        assert ready.json()["parts_done"] == ready.json()["parts_total"] == 7
        assert file["Content-Type"] == "application/zip"
        assert "no-store" in file["Cache-Control"]
        assert parts_of(file.content)["account.json"]["profile"]["email"] == EMAIL

    def test_gives_nobody_the_file_of_somebody_else(self) -> None:
        made(make_user())

        answer = Client().get("/api/v1/me/export/file/", **bearer(make_user()))

        assert answer.status_code == 404

    def test_wants_a_token_that_may(self) -> None:
        header = bearer(make_user(), scopes=["read", "write"])

        assert Client().get("/api/v1/me/export/file/", **header).status_code == 403
        assert Client().post("/api/v1/me/export/", **header).status_code == 403


class TestConstraints:
    @pytest.mark.parametrize(
        ("wrong", "name"),
        [
            ({"status": "ready", "finished_at": NOW}, "accounts_export_file_if_ready"),
            ({"finished_at": NOW}, "accounts_export_file_if_ready"),
            ({"status": "failed"}, "accounts_export_file_if_ready"),
            ({"parts_done": 99}, "accounts_export_parts_within"),
        ],
    )
    def test_an_export_is_what_its_status_says(self, wrong: dict[str, Any], name: str) -> None:
        export = order(make_user())

        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            PersonExport.objects.filter(id=export.id).update(**wrong)

    def test_a_person_waits_for_one(self) -> None:
        export = order(make_user())

        with pytest.raises(IntegrityError, match="accounts_export_one_pending"), transaction.atomic():
            PersonExport.objects.create(user_id=export.user_id, parts_total=1, next_attempt_at=NOW)
