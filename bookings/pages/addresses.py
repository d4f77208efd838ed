"""Where pages lead back to: the event's page, with the access code that has opened what was chosen there."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib.auth.mixins import LoginRequiredMixin
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseRedirect

from bookings.pages.forms import wish_of


def event_address(event_id: UUID, access_code: str = "") -> str:
    """Return the address of an event's page."""
    return f"/events/{event_id}/" + (f"?{urlencode({'access_code': access_code})}" if access_code else "")


class SignInFromEvent(LoginRequiredMixin):
    """Whoever isn't signed in comes back to the event's page: a form that was sent can't be sent on from there."""

    request: HttpRequest
    kwargs: dict[str, Any]

    def handle_no_permission(self) -> HttpResponseRedirect:
        code = wish_of(self.request.POST).access_code
        if self.request.method != "POST" or not code:
            return super().handle_no_permission()
        return redirect_to_login(event_address(self.kwargs["event_id"], code))
