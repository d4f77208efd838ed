"""Reports, the automatic check and decisions: events.services.report_event, check_content and decide_case."""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.test import APIClient

from audit.models import AuditEntry
from common.problems import NotAllowed, NotFound
from common.transactions import use_case
from events.actors import Actor
from events.content_rules import findings_in
from events.models import Event, EventReport, ModerationCase, StopWord
from events.models.lifecycle import Status
from events.services.change_status import InvalidTransition
from events.services.check_content import check_content
from events.services.decide_case import CaseDecided, decide_case
from tests.events.api.conftest import calling
from tests.factories.accounts import make_user
from tests.factories.events import make_event, make_ticket_type

Calling = Callable[..., APIClient]
__all__ = ["calling"]
NOW = timezone.now()


def found(text: str, field: str = "description", stop_words: tuple[str, ...] = ("казино", "всё даром")) -> list[str]:
    return [one["code"] for one in findings_in({field: text}, stop_words=stop_words)]


class TestFindings:
    @pytest.mark.parametrize(
        ("text", "codes"),
        [
            ("Лучшее КАЗИНО побережья", ["stop_word"]),
            ("В казино́", ["stop_word"]),
            ("Все даром!", ["stop_word"]),
            ("Подказиновый", []),
            ("Сплав по Катуни", []),
            ("See https://example.org/a and www.example.com", []),
            (" ".join(f"https://example.org/{number}" for number in range(4)), ["many_links"]),
            ("Here: https://bit.ly/abc", ["hidden_link"]),
            ("clck.ru/abc", ["hidden_link"]),
            ("Пишите на guide@example.org", []),
        ],
    )
    def test_of_a_description(self, text: str, codes: list[str]) -> None:
        assert found(text) == codes

    @pytest.mark.parametrize(
        "text", ["Buy at https://example.org", "See example.com/tour", "Смотри www.пример.рф", "-example.com"]
    )
    def test_of_a_title_are_all_links(self, text: str) -> None:
        assert found(text, "title") == ["link"]

    def test_need_no_stop_words(self) -> None:
        assert found("казино", stop_words=()) == []

    @given(text=st.text(max_size=300), words=st.lists(st.text(min_size=1, max_size=9), max_size=4))
    def test_of_whatever_is_written_are_read_in_a_moment(self, text: str, words: list[str]) -> None:
        findings_in({"title": text}, stop_words=words)


@pytest.mark.django_db
class TestCheck:
    @pytest.fixture(autouse=True)
    def stop_word(self) -> StopWord:
        return StopWord.objects.create(word="казино")

    @pytest.mark.parametrize(
        ("title", "cases"), [("Букмекеры на плоту", 1), ("Тотализатор на плоту", 1), ("Сплав на плоту", 0)]
    )
    def test_knows_words_of_its_own_and_those_of_the_administrators(
        self, calling: Calling, title: str, cases: int
    ) -> None:
        StopWord.objects.update(word="тотализатор")
        event = make_ticket_type(event=make_event(status=Status.DRAFT, title=title)).event

        calling("owner", event).post(f"/api/v1/events/{event.id}/publish/")

        assert ModerationCase.objects.count() == cases

    def test_comes_with_publishing_and_lets_it_pass(self, calling: Calling) -> None:
        event = make_ticket_type(event=make_event(status=Status.DRAFT, title="Казино на воде")).event

        response = calling("owner", event).post(f"/api/v1/events/{event.id}/publish/")

        case = ModerationCase.objects.get()
        assert (response.status_code, case.event_id, case.status) == (200, event.id, "open")
        assert case.findings == [{"code": "stop_word", "field": "title", "found": "казино"}]

    def test_comes_with_a_change_of_what_is_published(self, calling: Calling) -> None:
        event = make_event()
        draft = make_event(status=Status.DRAFT)
        body = {"summary": "Смотри https://example.org"}

        for one in (event, draft):
            calling("owner", one).patch(f"/api/v1/events/{one.id}/", body, headers={"If-Match": '"v1"'})

        assert ModerationCase.objects.get().event_id == event.id

    def test_opens_one_case(self) -> None:
        event = make_event(title="Казино")

        for _ in range(2):
            with use_case():
                check_content(event=event, now=NOW)

        assert ModerationCase.objects.count() == 1

    def test_does_not_bring_up_again_what_was_left(self) -> None:
        event = make_event(title="Казино")
        with use_case():
            check_content(event=event, now=NOW)
        decide(ModerationCase.objects.get(), "dismissed")

        with use_case():
            check_content(event=event, now=NOW)
        event.summary = "Ещё одно казино"
        with use_case():
            check_content(event=event, now=NOW)

        assert list(ModerationCase.objects.order_by("status").values_list("status", flat=True)) == ["dismissed", "open"]


@pytest.mark.django_db
class TestReport:
    def report(self, client: APIClient, event: Event, **more: Any) -> Any:
        return client.post(f"/api/v1/events/{event.id}/report/", {"reason": "fraud"} | more)

    def test_is_taken_once_from_each_user(self, calling: Calling) -> None:
        event = make_event()
        user, other = calling("user", event), calling("booker", event)

        answers = [self.report(one, event, comment="No such place.") for one in (user, user, other)]

        assert [one.status_code for one in answers] == [204, 409, 204]
        assert answers[1].json()["code"] == "already_reported"
        assert EventReport.objects.count() == ModerationCase.objects.get().reports == 2

    @pytest.mark.parametrize(
        ("caller", "status", "answer"),
        [("guest", "published", 401), ("user", "draft", 404), ("user", "suspended", 404), ("user", "cancelled", 204)],
    )
    def test_is_for_users_who_can_see_the_event(self, calling: Calling, caller: str, status: str, answer: int) -> None:
        event = make_event(status=status)

        assert self.report(calling(caller, event), event).status_code == answer

    @pytest.mark.parametrize(
        ("body", "pointer"),
        [({"reason": "boring"}, "/reason"), ({"comment": "x" * 1001}, "/comment"), ({"a": 1}, "/a")],
    )
    def test_refuses_what_it_does_not_understand(self, calling: Calling, body: dict[str, Any], pointer: str) -> None:
        event = make_event()

        response = self.report(calling("user", event), event, **body)

        assert (response.status_code, response.json()["errors"][0]["pointer"]) == (400, pointer)


def make_case(**event: Any) -> ModerationCase:
    return ModerationCase.objects.create(event=make_event(**event), opened_at=NOW)


def decide(case: ModerationCase, decision: str, administrator: Actor | None = None) -> None:
    administrator = administrator or Actor(user_id=make_user(is_staff=True).id, administers=True)
    with use_case():
        decide_case(administrator=administrator, case_id=case.id, decision=decision, note="As reported", now=NOW)


@pytest.mark.django_db
class TestDecide:
    def test_takes_the_event_down_for_the_reason_given(self) -> None:
        case = make_case()

        decide(case, "taken_down")

        case.refresh_from_db()
        assert (case.status, case.decided_at, case.note) == ("taken_down", NOW, "As reported")
        assert (case.event.status, case.event.status_reason) == (Status.SUSPENDED, "As reported")
        assert set(AuditEntry.objects.values_list("action", flat=True)) == {"events.decide_case", "events.suspend"}

    def test_leaves_the_event_where_it_is(self) -> None:
        case = make_case()

        decide(case, "dismissed")

        assert Event.objects.get().status == Status.PUBLISHED
        assert AuditEntry.objects.get().reason == "As reported"

    def test_happens_once(self) -> None:
        case = make_case()
        decide(case, "dismissed")

        with pytest.raises(CaseDecided):
            decide(case, "taken_down")

        assert Event.objects.get().status == Status.PUBLISHED

    def test_stays_open_when_the_event_is_over(self) -> None:
        case = make_case(status=Status.FINISHED)

        with pytest.raises(InvalidTransition):
            decide(case, "taken_down")

        assert ModerationCase.objects.get().status == "open"

    def test_is_for_administrators(self) -> None:
        with pytest.raises(NotAllowed):
            decide(make_case(), "dismissed", Actor(user_id=make_user().id))

    def test_knows_its_cases(self) -> None:
        case = make_case()
        case.delete()
        case.id = make_event().id

        with pytest.raises(NotFound):
            decide(case, "dismissed")
