"""Who speaks to the intake: programs with a token of their own, for the sources that an administrator has granted."""

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

EVENTS_SCOPE = "notifications:events"
RECIPIENTS_SCOPE = "notifications:recipients"


class HasScope(BasePermission):
    """The request carries a token with the scope; a session of the site never does."""

    scope = ""

    def has_permission(self, request: Request, view: APIView) -> bool:
        scopes: Any = getattr(request.auth, "scopes", None) or []
        return self.scope in scopes


class MaySendEvents(HasScope):
    scope = EVENTS_SCOPE


class MayKeepRecipients(HasScope):
    scope = RECIPIENTS_SCOPE
