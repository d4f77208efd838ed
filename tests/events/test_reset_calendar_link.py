"""The number behind a person's calendar address."""

import pytest

from common.transactions import use_case
from events.models import CalendarLink
from events.services.reset_calendar_link import ensure_calendar_secret, reset_calendar_link
from tests.factories.accounts import make_user

pytestmark = pytest.mark.django_db


def test_the_number_stays_until_it_is_reset_and_each_person_has_one() -> None:
    user, other = make_user(), make_user()

    with use_case():
        first, foreign = ensure_calendar_secret(user_id=user.id), ensure_calendar_secret(user_id=other.id)
        again = ensure_calendar_secret(user_id=user.id)
        changed = reset_calendar_link(user_id=user.id)

    assert first == again
    assert len({first, foreign, changed}) == 3
    assert CalendarLink.objects.get(user=user).secret == changed
    assert CalendarLink.objects.count() == 2
