import pytest

from common.problems import NotAllowed, NotFound
from common.transactions import use_case
from events.actors import GUEST, Actor
from events.models import Favorite
from events.models.lifecycle import Status
from events.services.forget_favorite import forget_favorite
from events.services.keep_favorite import keep_favorite
from tests.factories.accounts import make_user
from tests.factories.events import make_event

pytestmark = pytest.mark.django_db


class TestKeepFavorite:
    def test_keeps_an_event_once(self) -> None:
        user, event = make_user(), make_event()

        for _ in range(2):
            with use_case():
                keep_favorite(actor=Actor(user.id), event_id=event.id)

        assert Favorite.objects.get().event == event

    @pytest.mark.parametrize("status", [Status.DRAFT, Status.SUSPENDED])
    def test_refuses_what_the_user_may_not_see(self, status: Status) -> None:
        with pytest.raises(NotFound), use_case():
            keep_favorite(actor=Actor(make_user().id), event_id=make_event(status=status).id)

    def test_refuses_a_guest(self) -> None:
        with pytest.raises(NotAllowed), use_case():
            keep_favorite(actor=GUEST, event_id=make_event().id)


class TestForgetFavorite:
    def test_forgets_only_ones_own(self) -> None:
        event, mine, other = make_event(), make_user(), make_user()
        Favorite.objects.create(user=mine, event=event)
        Favorite.objects.create(user=other, event=event)

        with use_case():
            forget_favorite(actor=Actor(mine.id), event_id=event.id)

        assert Favorite.objects.get().user == other

    def test_refuses_a_guest(self) -> None:
        with pytest.raises(NotAllowed), use_case():
            forget_favorite(actor=GUEST, event_id=make_event().id)
