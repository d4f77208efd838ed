"""The back office: for staff with a verified second factor."""

from collections.abc import Callable
from typing import Any

from csp.decorators import csp_update
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from unfold.sites import UnfoldAdminSite

from accounts.selectors import get_authenticator
from common.problems import NotAllowed

# The theme's scripts are Alpine expressions in attributes, which need eval, and its widgets have inline styles. Only
# the admin's own pages are allowed that; they show nothing that isn't escaped.
ADMIN_POLICY = {"script-src": ["'self'", "'unsafe-eval'"], "style-src": ["'self'", "'unsafe-inline'"]}


class SecondFactorAdminSite(UnfoldAdminSite):
    """Django's admin for sessions that gave a code of the second factor; it has no sign-in door of its own."""

    def has_permission(self, request: HttpRequest) -> bool:
        verified = getattr(request.user, "is_verified", None)
        return bool(super().has_permission(request) and verified is not None and verified())

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Callable[..., Any]:  # noqa: FBT001, FBT002
        guarded = super().admin_view(view, cacheable)
        return csp_update(ADMIN_POLICY)(guarded)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Send everybody to the door that they still have to pass.

        Raises:
            NotAllowed: signed in, and not staff.
        """
        after = _safe_next(request) or reverse(f"{self.name}:index")
        user = request.user
        if not user.is_authenticated:
            return _to("account_login", after)
        if not user.is_staff:
            raise NotAllowed
        if self.has_permission(request):
            return redirect(after)
        if get_authenticator(user_id=user.pk) is None:
            return _to("accounts_second_factor", after)
        return _to("accounts_step_up", after)


def _to(name: str, after: str) -> HttpResponse:
    return redirect(f"{reverse(name)}?{urlencode({'next': after})}")


def _safe_next(request: HttpRequest) -> str:
    after = request.GET.get("next", "")
    allowed = url_has_allowed_host_and_scheme(after, {request.get_host()}, require_https=request.is_secure())
    return after if allowed else ""
