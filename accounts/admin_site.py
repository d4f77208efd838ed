"""The back office: for staff with a verified second factor."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from csp.decorators import csp_update
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
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
        return csp_update(ADMIN_POLICY)(in_own_zone(guarded))

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


def in_own_zone(view: Callable[..., Any]) -> Callable[..., Any]:
    """Let an administrator read and enter times as their own clock shows them."""

    @wraps(view)
    def zoned(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        with timezone.override(getattr(request.user, "time_zone", None) or settings.TIME_ZONE):
            response = view(request, *args, **kwargs)
            # Otherwise a template would be filled in later, by the clock of the server.
            return response.render() if isinstance(response, TemplateResponse) else response

    return zoned


def zone_badge(request: HttpRequest) -> list[str]:
    """Return what the admin's header says about its times: Europe/Moscow, UTC+03:00."""
    offset = timezone.localtime().isoformat()[-len("+03:00") :]
    return [f"{timezone.get_current_timezone_name()}, UTC{offset}", "info"]


def _to(name: str, after: str) -> HttpResponse:
    return redirect(f"{reverse(name)}?{urlencode({'next': after})}")


def _safe_next(request: HttpRequest) -> str:
    after = request.GET.get("next", "")
    allowed = url_has_allowed_host_and_scheme(after, {request.get_host()}, require_https=request.is_secure())
    return after if allowed else ""
