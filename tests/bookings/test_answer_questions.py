"""Questions about seats that came another way than by booking: offered, changed, handed over, given at the door."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from bookings.models import Booking, BookingChange, WaitingEntry
from bookings.providers.sandbox import SandboxProvider
from bookings.services.accept_offer import accept_offer
from bookings.services.answer_questions import AnswersClosed, AnswersMissing, answer_questions
from bookings.services.cancel_booking import cancel_booking
from bookings.services.expire_holds import expire_holds
from bookings.services.start_payment import start_payment
from common.problems import InvalidInput, NotFound
from common.transactions import use_case
from events.models import Answer, Event, TicketType
from events.services.record_answers import GivenAnswer
from tests.bookings.api.test_bookings import key, member_of, signed_in
from tests.bookings.test_answers import answer, ask, errors_of, field
from tests.bookings.test_change_booking import change
from tests.bookings.test_claim_ticket import claim, offer
from tests.bookings.test_pages import browser_of, said, text_of
from tests.factories.accounts import make_user
from tests.factories.bookings import confirm, make_payment, settle, tickets_of
from tests.factories.events import make_ticket_type

pytestmark = pytest.mark.django_db


def kept(booking: Booking) -> list[tuple[int, str]]:
    return list(Answer.objects.filter(booking_id=booking.id).order_by("seat").values_list("seat", "value"))


def join(kind: TicketType, user: User, **body: Any) -> Any:
    wanted = {"items": [{"ticket_type": str(kind.id), "quantity": 1}]} | body
    return signed_in(user).post(f"/api/v1/events/{kind.event_id}/waitlist/", wanted, headers=key())


def cancel(booking: Booking) -> None:
    with use_case():
        cancel_booking(user_id=booking.user_id, booking_id=booking.id, now=timezone.now())


def offered_to(user: User) -> Booking:
    return Booking.objects.told().get(user=user)


def put(booking: Booking, *answers: dict[str, Any], user: User | None = None) -> Any:
    client = signed_in(user or booking.user)
    return client.put(f"/api/v1/bookings/{booking.id}/answers/", {"answers": list(answers)})


class TestWaitingList:
    def test_asks_when_joining_and_answers_the_offer(self) -> None:
        kind, user = make_ticket_type(capacity=1), make_user()
        sold, question = confirm(ticket_type=kind), ask(kind)

        unanswered = join(kind, user)
        joined = join(kind, user, answers=[answer(question, kind, 1, "176")])
        cancel(sold)

        assert errors_of(unanswered) == [("/answers", "required")]
        assert joined.status_code == 201
        assert kept(offered_to(user)) == [(1, "176")]
        assert WaitingEntry.objects.get().answers == []

    def test_offers_seats_whose_question_came_later_and_asks_before_they_are_taken(self) -> None:
        kind, user = make_ticket_type(capacity=1), make_user()
        sold = confirm(ticket_type=kind)
        join(kind, user)
        question = ask(kind)
        cancel(sold)
        booking = offered_to(user)

        with pytest.raises(AnswersMissing) as refusal:
            pay(booking)
        put(booking, answer(question, kind, 1, "176"))
        payment = pay(booking)

        assert (refusal.value.extra["missing"], payment.status) == (1, "pending")

    def test_asks_before_a_free_offer_is_accepted(self) -> None:
        kind, user = make_ticket_type(capacity=1, price=0), make_user()
        sold = confirm(ticket_type=kind)
        join(kind, user)
        ask(kind)
        cancel(sold)

        with pytest.raises(AnswersMissing), use_case():
            accept_offer(user_id=user.id, booking_id=offered_to(user).id, now=timezone.now())

    def test_lets_an_answer_go_whose_question_is_asked_no_more(self) -> None:
        kind, user = make_ticket_type(capacity=1), make_user()
        sold, question = confirm(ticket_type=kind), ask(kind)
        join(kind, user, answers=[answer(question, kind, 1, "176")])
        question.retired_at = timezone.now()
        question.save()

        cancel(sold)

        assert kept(offered_to(user)) == []

    def test_forgets_the_answers_of_who_leaves(self) -> None:
        kind, user = make_ticket_type(capacity=1), make_user()
        confirm(ticket_type=kind)
        join(kind, user, answers=[answer(ask(kind), kind, 1, "176")])

        signed_in(user).delete(f"/api/v1/events/{kind.event_id}/waitlist/")

        assert WaitingEntry.objects.get().answers == []

    def test_is_joined_for_hidden_tickets_with_their_code_which_opens_the_offer_too(self) -> None:
        kind, user = make_ticket_type(capacity=1, access_code="wave"), make_user()
        sold = confirm_hidden(kind)

        without = join(kind, user)
        joined = join(kind, user, access_code="wave")
        cancel(sold)

        assert errors_of(without) == [("/items", "unknown_ticket_type")]
        assert (joined.status_code, offered_to(user).status) == (201, "held")


class TestChange:
    def test_asks_for_seats_that_come_on_top_and_keeps_what_was_answered(self) -> None:
        kind = make_ticket_type(price=0)
        booking, question = confirm(ticket_type=kind), ask(kind)
        put(booking, answer(question, kind, 1, "176"))

        with pytest.raises(InvalidInput):
            change(booking, {kind.id: 2})
        change(booking, {kind.id: 2}, answers=[given(question, kind, 2, "190")])

        assert kept(booking) == [(1, "176"), (2, "190")]

    def test_keeps_answers_aside_until_the_difference_is_paid(self) -> None:
        kind = make_ticket_type()
        booking, question = confirm(ticket_type=kind), ask(kind, is_required=False)
        change(booking, {kind.id: 2}, answers=[given(question, kind, 2, "190")])
        waiting = BookingChange.objects.get()
        before = kept(booking)

        settle(make_payment(booking=booking, change=waiting, amount=waiting.amount))

        waiting.refresh_from_db()
        assert (before, kept(booking), waiting.answers) == ([], [(2, "190")], [])

    def test_forgets_answers_for_seats_that_go_back(self) -> None:
        kind = make_ticket_type()
        question, booking = ask(kind), confirm_answered(kind, 2)

        change(booking, {kind.id: 1})

        assert (kept(booking), question.answers.count()) == ([(1, "tall 1")], 1)

    def test_of_hidden_tickets_goes_by_their_code_on_the_page(self) -> None:
        kind = make_ticket_type()
        hidden = make_ticket_type(event=kind.event, name="Friends", access_code="wave", price=1000)
        booking = confirm(ticket_type=kind)
        client, path = browser_of(booking.user), f"/bookings/{booking.id}/change/"
        form = {f"quantity-{hidden.id}": "1", "access_code": "wave"}

        closed = client.get(path)
        opened = client.post(path, {f"quantity-{kind.id}": "1", "access_code": "wave"})
        client.post(path, form | {"agreed": "yes"})

        assert ("Friends" in text_of(closed), "Friends" in text_of(opened)) == (False, True)
        assert Booking.objects.told().get(id=booking.id).quantities == {hidden.id: 1}

    def test_asks_on_the_page_with_what_was_answered_filled_in(self) -> None:
        kind = make_ticket_type()
        question, booking = ask(kind), confirm_answered(kind, 1)

        page = browser_of(booking.user).post(f"/bookings/{booking.id}/change/", {f"quantity-{kind.id}": "2"})

        assert 'value="tall 1"' in page.content.decode()
        assert f'name="{field(question, kind, 2)}"' in page.content.decode()


class TestHandedOver:
    def test_seats_are_asked_about_anew(self) -> None:
        kind, friend = make_ticket_type(), make_user()
        ask(kind)
        giver = confirm_answered(kind, 3)
        first = tickets_of(giver)[0]

        receiver = claim(offer(giver, first), friend)

        assert (kept(giver), kept(receiver)) == ([(1, "tall 2"), (2, "tall 3")], [])
        assert "1 answer is missing" in text_of(browser_of(friend).get(f"/bookings/{receiver.id}/"))


class TestDoor:
    def test_takes_what_staff_know_and_leaves_the_rest_to_the_person(self) -> None:
        kind = make_ticket_type()
        height, waiver = ask(kind), ask(kind, kind="waiver", prompt="Risk", text="Rapids.")
        staff = signed_in(member_of(kind.event, "owner"))
        body = {
            "origin": "door",
            "items": [{"ticket_type": str(kind.id), "quantity": 1}],
            "name": "Anna",
            "email": "anna@example.com",
            "reason": "Came by",
        }
        path = f"/api/v1/events/{kind.event_id}/bookings/issued/"

        wrong = staff.post(path, body | {"answers": [answer(height, kind, 2, "1")]}, headers=key())
        sold = staff.post(path, body | {"answers": [answer(height, kind, 1, "176")]}, headers=key())

        booking = Booking.objects.told().get()
        assert errors_of(wrong) == [("/answers/0", "not_asked")]
        assert (sold.status_code, kept(booking)) == (201, [(1, "176")])
        told = put(booking, answer(waiver, kind, 1, "yes")).json()
        assert (told["missing"], [one["value"] for one in told["answers"]]) == (0, ["176", "yes"])


class TestAnswerQuestions:
    def test_tells_what_is_asked_and_what_is_missing(self) -> None:
        booking = confirm()
        kind = TicketType.objects.get()
        question = ask(kind)

        told = signed_in(booking.user).get(f"/api/v1/bookings/{booking.id}/answers/").json()

        assert ([one["id"] for one in told["questions"]], told["answers"], told["missing"]) == (
            [str(question.id)],
            [],
            1,
        )

    def test_puts_another_answer_in_the_place_of_the_first(self) -> None:
        booking = confirm()
        kind = TicketType.objects.get()
        question = ask(kind)

        for value in ("176", "177", "177"):
            assert put(booking, answer(question, kind, 1, value)).status_code == 200

        assert kept(booking) == [(1, "177")]

    def test_takes_an_optional_answer_back(self) -> None:
        booking = confirm()
        kind = TicketType.objects.get()
        question = ask(kind, is_required=False)
        put(booking, answer(question, kind, 1, "176"))

        put(booking, answer(question, kind, 1, " "))

        assert kept(booking) == []

    @pytest.mark.parametrize(
        ("seat", "value", "pointer", "code"),
        [(2, "176", "/answers/0", "not_asked"), (1, "x" * 2001, "/answers/0/value", "max_length")],
    )
    def test_points_at_what_is_wrong(self, seat: int, value: str, pointer: str, code: str) -> None:
        booking = confirm()
        kind = TicketType.objects.get()
        question = ask(kind, is_required=False)

        assert errors_of(put(booking, answer(question, kind, seat, value))) == [(pointer, code)]

    def test_of_somebody_else_is_not_found(self) -> None:
        booking, stranger = confirm(), make_user()

        assert put(booking, user=stranger).status_code == 404
        assert signed_in(stranger).get(f"/api/v1/bookings/{booking.id}/answers/").status_code == 404
        assert browser_of(stranger).get(f"/bookings/{booking.id}/answers/").status_code == 404
        with pytest.raises(NotFound), use_case():
            answer_questions(user_id=stranger.id, booking_id=booking.id, answers=[], now=timezone.now())

    def test_ends_with_the_booking_and_with_the_start(self) -> None:
        started, expired = confirm(), confirm_nothing()
        Event.objects.filter(id=started.event_id).update(starts_at=timezone.now() - timedelta(minutes=1))

        for booking in (started, expired):
            refused = put(booking)
            assert (refused.status_code, refused.json()["code"]) == (409, AnswersClosed.code)

    def test_is_done_on_a_page(self) -> None:
        booking = confirm()
        kind = TicketType.objects.get()
        question = ask(kind, prompt="Height?")
        client = browser_of(booking.user)

        page = client.get(f"/bookings/{booking.id}/answers/")
        done = client.post(f"/bookings/{booking.id}/answers/", {field(question, kind, 1): "<b>176"})
        after = client.get(f"/bookings/{booking.id}/")

        assert "Height?" in text_of(page)
        assert (said(done), kept(booking)) == (["Your answers are kept."], [(1, "<b>176")])
        assert "is missing" not in text_of(after)


def pay(booking: Booking) -> Any:
    return start_payment(
        user_id=booking.user_id,
        booking_id=booking.id,
        provider=SandboxProvider(),
        return_url="https://shop.example/",
        now=timezone.now(),
    )


def given(question: Any, kind: TicketType, seat: int, value: str) -> Any:
    return GivenAnswer(question_id=question.id, ticket_type_id=kind.id, seat=seat, value=value)


def confirm_answered(kind: TicketType, seats: int) -> Booking:
    """Book seats, each answering the only question with `tall 1`, `tall 2` and so on."""
    [question] = kind.event.questions.all()
    kind.event.questions.update(is_required=False)
    booking = confirm(ticket_type=kind, seats=seats)
    kind.event.questions.update(is_required=True)
    put(booking, *(answer(question, kind, seat, f"tall {seat}") for seat in range(1, seats + 1)))
    return booking


def confirm_hidden(kind: TicketType) -> Booking:
    TicketType.objects.filter(id=kind.id).update(access_code="")
    booking = confirm(ticket_type=kind)
    TicketType.objects.filter(id=kind.id).update(access_code=kind.access_code)
    return booking


def confirm_nothing() -> Booking:
    """A hold that has ended."""
    booking = confirm()
    Booking.objects.filter(id=booking.id).update(
        status="expired", confirmed_at=None, expired_at=timezone.now(), hold_expires_at=timezone.now()
    )
    expire_holds(now=timezone.now())
    return Booking.objects.told().get(id=booking.id)
