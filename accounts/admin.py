"""Users, organizers and mails for staff. What changes anything goes through a service, which writes it down."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline

from accounts.models import AccountMail, Authenticator, Organizer, OrganizerMember, User
from accounts.second_factor import is_fresh
from accounts.services.approve_organizer import approve_organizer
from accounts.services.change_access import change_access
from accounts.services.reset_second_factor import reset_second_factor
from common.problems import Problem
from common.read_only_admin import ReadOnlyAdmin
from common.transactions import use_case

# Only what belongs to the product has a place here: raw forms of the libraries' tables would pass the services by.
for _model in [model for model in admin.site._registry if model._meta.app_label not in settings.OWN_APPS]:
    admin.site.unregister(_model)


@admin.register(User)
class UserAdmin(ModelAdmin):
    list_display = ["email", "display_name", "is_active", "is_staff", "has_second_factor", "created_at"]
    list_filter = ["is_active", "is_staff", "groups"]
    search_fields = ["email", "display_name", "handle", "phone"]
    ordering = ["-created_at", "-id"]
    show_full_result_count = False
    list_per_page = 50
    fields = [
        *("email", "email_verified_at", "display_name", "handle", "phone", "locale", "time_zone", "has_second_factor"),
        *("is_active", "is_staff", "groups"),
    ]
    filter_horizontal = ["groups"]
    actions = ["reset_devices"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        users: QuerySet[User] = super().get_queryset(request)
        return users.annotate(second_factor=Exists(Authenticator.objects.confirmed().filter(user_id=OuterRef("pk"))))

    @admin.display(description=_("second factor"), boolean=True)
    def has_second_factor(self, user: User) -> bool:
        return bool(getattr(user, "second_factor", False))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [field for field in self.fields if field not in ("is_active", "is_staff", "groups")]

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method == "POST" and not is_fresh(request, timezone.now()):
            return _step_up(request)
        response: HttpResponse = super().changeform_view(request, *args, **kwargs)
        return response

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method == "POST" and not is_fresh(request, timezone.now()):
            return _step_up(request)
        response: HttpResponse = super().changelist_view(request, *args, **kwargs)
        return response

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:  # noqa: FBT001
        """Leave the writing to the service, which also writes it down."""
        wanted = form.cleaned_data
        form.carried_out = _carry_out_inside(
            request,
            lambda: change_access(
                actor_id=_actor(request),
                user_id=obj.pk,
                is_active=wanted["is_active"],
                is_staff=wanted["is_staff"],
                roles=[group.name for group in wanted["groups"]],
            ),
        )

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:  # noqa: FBT001
        """Write nothing: roles are part of what the service has written."""

    def construct_change_message(self, request: HttpRequest, form: Any, *args: Any, **kwargs: Any) -> Any:
        request.carried_out = getattr(form, "carried_out", True)  # type: ignore[attr-defined]
        return super().construct_change_message(request, form, *args, **kwargs)

    def response_change(self, request: HttpRequest, obj: User) -> HttpResponse:
        """Say nothing about success when the service has refused."""
        if not getattr(request, "carried_out", True):
            return redirect(request.path)
        response: HttpResponse = super().response_change(request, obj)
        return response

    def log_change(self, *args: Any, **kwargs: Any) -> None:
        """Keep one log: the audit log."""

    @admin.action(description=_("Reset the second factor (the owner is told by mail)"), permissions=["change"])
    def reset_devices(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for user in queryset:
            done = _carry_out(
                request,
                partial(
                    reset_second_factor,
                    actor_id=_actor(request),
                    user_id=user.pk,
                    reason=gettext("Lost device"),
                ),
            )
            if done:
                message = gettext("The second factor of %s is reset.") % user.email
                self.message_user(request, message, messages.SUCCESS)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("accounts.view_user")

    def has_add_permission(self, request: HttpRequest, *_: Any) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, *_: Any) -> bool:
        return False


class MemberInline(TabularInline):
    model = OrganizerMember
    hide_title = True
    fields = ["user", "role", "created_at"]
    readonly_fields = fields
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, *_: Any) -> bool:
        return False


@admin.register(Organizer)
class OrganizerAdmin(ModelAdmin):
    list_display = ["name", "slug", "contact_email", "approved_at", "created_at"]
    list_filter = [("approved_at", admin.EmptyFieldListFilter)]
    search_fields = ["name", "slug", "contact_email"]
    ordering = ["-created_at", "-id"]
    show_full_result_count = False
    readonly_fields = ["name", "slug", "description", "contact_email", "approved_at", "created_at"]
    inlines = [MemberInline]
    actions = ["approve"]

    @admin.action(description=_("Approve: paid events may be published"), permissions=["change"])
    def approve(self, request: HttpRequest, queryset: QuerySet[Organizer]) -> None:
        for organizer in queryset:
            done = _carry_out(
                request,
                partial(approve_organizer, actor_id=_actor(request), organizer_id=organizer.pk, now=timezone.now()),
            )
            if done:
                self.message_user(request, gettext("%s is approved.") % organizer.name, messages.SUCCESS)

    def has_add_permission(self, request: HttpRequest, *_: Any) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, *_: Any) -> bool:
        return False


@admin.register(AccountMail)
class AccountMailAdmin(ReadOnlyAdmin):
    """Without the text: it holds secret links."""

    list_display = ["recipient", "subject", "status", "attempts", "next_attempt_at", "created_at", "sent_at"]
    list_filter = ["status"]
    title_fields = ("recipient", "subject")
    search_fields = ["recipient"]
    ordering = ["-created_at", "-id"]
    fields = [*list_display, "last_error"]


@admin.register(Group)
class RoleAdmin(ReadOnlyAdmin):
    """Roles are written in code (set_up_staff_roles); here one sees what they may do."""

    search_fields = ["name"]
    fields = ["name", "permissions"]


def _actor(request: HttpRequest) -> Any:
    return request.user.pk


def _carry_out(request: HttpRequest, action: Callable[[], None]) -> bool:
    """Run a use case; show its refusal to the administrator."""
    return _shown(request, action, use_case())


def _carry_out_inside(request: HttpRequest, action: Callable[[], None]) -> bool:
    """Do the same where Django's admin has opened the transaction."""
    return _shown(request, action, transaction.atomic())


def _shown(request: HttpRequest, action: Callable[[], None], block: AbstractContextManager[None]) -> bool:
    try:
        with block:
            action()
    except Problem as problem:
        messages.error(request, gettext(problem.title))
        return False
    return True


def _step_up(request: HttpRequest) -> HttpResponse:
    messages.info(request, gettext("Give a fresh code of your second factor first."))
    return redirect(f"{reverse('accounts_step_up')}?{urlencode({'next': request.get_full_path()})}")
