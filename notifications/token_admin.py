"""Tokens of other services in the back office: made, listed, revoked. A token's text is shown once, where it is made."""

from functools import partial
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextInputWidget

from accounts.admin_steps import reasoned_step
from accounts.second_factor import is_fresh
from accounts.services.issue_token import LONGEST_LIFETIME_DAYS
from common.callers import caller_id
from common.problems import InvalidInput, Problem
from common.transactions import use_case
from notifications.models import ServiceToken
from notifications.scopes import EVENTS_SCOPE, RECIPIENTS_SCOPE
from notifications.services.issue_service_token import issue_service_token
from notifications.services.revoke_service_token import revoke_service_token

SCOPES = [
    (EVENTS_SCOPE, _("send events and read what came of them")),
    (RECIPIENTS_SCOPE, _("tell about people who have no account here")),
]


class TokenForm(forms.Form):
    service = forms.CharField(
        label=_("Service"),
        max_length=60,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("Its name: small Latin letters and digits. One that is known already gets a further token."),
    )
    scopes = forms.MultipleChoiceField(
        label=_("What it may do"), choices=SCOPES, initial=[EVENTS_SCOPE], widget=forms.CheckboxSelectMultiple
    )
    sources = forms.CharField(
        label=_("Sources"),
        required=False,
        max_length=2000,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("Of its events, parted by commas, added to those that it has."),
    )
    lifetime_days = forms.IntegerField(
        label=_("Days until it ends"),
        initial=LONGEST_LIFETIME_DAYS,
        min_value=1,
        max_value=LONGEST_LIFETIME_DAYS,
        widget=UnfoldAdminIntegerFieldWidget,
    )

    def clean_sources(self) -> list[str]:
        given = str(self.cleaned_data["sources"]).split(",")
        return [one.strip() for one in given if one.strip()]


@admin.register(ServiceToken)
class ServiceTokenAdmin(ModelAdmin):
    """Made and revoked by steps of their own; no row is ever changed."""

    show_full_result_count = False
    list_display = ["service", "may", "sources", "made", "ends", "last_used", "ending"]
    # A token's page would have its hash for an address.
    list_display_links = None
    search_fields = ["user__display_name", "user__notification_sources__source"]
    ordering = ["user__display_name", "-created"]
    fields = ["service", "may", "sources", "made", "ends", "last_used"]
    actions: list[str] = []

    def get_queryset(self, request: HttpRequest) -> QuerySet[ServiceToken]:
        return ServiceToken.objects.for_services().prefetch_related("user__notification_sources")

    @admin.display(description=_("Service"), ordering="user__display_name")
    def service(self, token: ServiceToken) -> str:
        return str(token.user)

    @admin.display(description=_("What it may do"))
    def may(self, token: ServiceToken) -> str:
        return ", ".join(str(words) for scope, words in SCOPES if scope in token.scopes)

    @admin.display(description=_("Sources"))
    def sources(self, token: ServiceToken) -> str:
        return ", ".join(sorted(one.source for one in token.user.notification_sources.all())) or "—"

    @admin.display(description=_("Made"), ordering="created")
    def made(self, token: ServiceToken) -> Any:
        return token.created

    @admin.display(description=_("Ends"), ordering="expiry")
    def ends(self, token: ServiceToken) -> Any:
        return token.expiry

    @admin.display(description=_("Last used"), ordering="last_used_at")
    def last_used(self, token: ServiceToken) -> Any:
        return token.last_used_at

    @admin.display(description=_("Revoke"))
    def ending(self, token: ServiceToken) -> str:
        address = reverse("admin:notifications_servicetoken_revoke", args=[token.id])
        return format_html('<a class="text-primary-600 dark:text-primary-500" href="{}">{}</a>', address, _("Revoke"))

    def get_urls(self) -> list[Any]:
        revoking = path(
            "<uuid:token_id>/revoke/",
            self.admin_site.admin_view(partial(revoke, model_admin=self)),
            name="notifications_servicetoken_revoke",
        )
        return [revoking, *super().get_urls()]

    def has_add_permission(self, request: HttpRequest, *_: Any) -> bool:
        return request.user.has_perm("notifications.add_servicetoken")

    def has_change_permission(self, request: HttpRequest, *_: Any) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, *_: Any) -> bool:
        return False

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Ask what the token is for; answer with its text, which no other page ever shows."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        if not is_fresh(request, timezone.now()):
            return redirect(f"{reverse('accounts_step_up')}?{urlencode({'next': request.path})}")
        form = TokenForm(request.POST or None)
        text = _issued(request, form) if request.method == "POST" and form.is_valid() else ""
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("A token for a service"),
            "form": form,
            "text": text,
            "page": reverse("admin:notifications_servicetoken_changelist"),
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/notifications/token.html", context)


def revoke(request: HttpRequest, model_admin: Any, token_id: UUID) -> HttpResponse:
    """Ask why, and end the token."""
    if not request.user.has_perm("notifications.delete_servicetoken"):
        raise PermissionDenied
    token = ServiceToken.objects.for_services().filter(id=token_id).first()
    if token is None:
        raise Http404
    return reasoned_step(
        request,
        model_admin=model_admin,
        title=gettext("Revoke the token"),
        subject=f"{token.user} · {token.created:%Y-%m-%d}",
        back=reverse("admin:notifications_servicetoken_changelist"),
        act=lambda reason: revoke_service_token(token_id=token_id, actor_id=caller_id(request), reason=reason),
    )


def _issued(request: HttpRequest, form: TokenForm) -> str:
    """Return the text of the new token, or '' with the refusal in the form."""
    try:
        with use_case():
            return issue_service_token(**form.cleaned_data, actor_id=caller_id(request))[1]
    except InvalidInput as refusal:
        form.add_error(None, ValidationError({one.pointer[1:]: one.detail for one in refusal.errors}))
    except Problem as problem:
        form.add_error("service", gettext(problem.title))
    return ""
