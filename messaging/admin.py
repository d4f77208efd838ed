"""Conversations in the back office: who, how many, when. What people write to each other isn't shown here."""

from http import HTTPStatus
from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern
from django.utils import formats, timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.decorators import action

from audit.services.record_entry import record_entry
from common.callers import caller_id
from common.read_only_admin import ReadOnlyAdmin
from common.transactions import use_case
from messaging import wiring
from messaging.admin_moderation import MessageReportAdmin
from messaging.admin_tools import tool_urls
from messaging.models import Conversation, Membership

__all__ = ["ConversationAdmin", "MessageReportAdmin"]

SHOWN_MESSAGES = 50


class MembershipInline(TabularInline):
    model = Membership
    hide_title = True
    extra = 0
    can_delete = False
    fields = readonly_fields = ["user", "role", "delivered_seq", "read_seq", "joined_at", "left_at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        return super().get_queryset(request).select_related("user").order_by("joined_at", "id")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class WaitingFilter(admin.SimpleListFilter):
    """The queue of support."""

    title = _("waiting for support")
    parameter_name = "waiting"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("Waiting")), ("nobody", _("Waiting, and nobody has taken it on"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Conversation]) -> QuerySet[Conversation]:
        if self.value() is None:
            return queryset
        waiting = queryset.filter(waiting_since__isnull=False).order_by("waiting_since", "id")
        return waiting.filter(assigned_to_id__isnull=True) if self.value() == "nobody" else waiting


@admin.register(Conversation)
class ConversationAdmin(ReadOnlyAdmin):
    list_display = ["name", "kind", "present_count", "last_seq", "waiting_since", "changed_at"]
    list_filter = ["kind", WaitingFilter]
    actions = ["take_on", "put_back"]
    actions_list = ["show_live", "explain_message", "grant_credits"]
    search_fields = ["=id", "title", "memberships__user__email"]
    ordering = ["-created_at", "-id"]
    fields = readonly_fields = ["id", "kind", "title", "last_seq", "epoch", "created_at", "changed_at", "last_messages"]
    inlines = [MembershipInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Conversation]:
        present = Count("memberships", filter=Q(memberships__left_at__isnull=True), distinct=True)
        return super().get_queryset(request).annotate(present=present)

    @admin.display(description=_("title"))
    def name(self, conversation: Conversation) -> str:
        return conversation.title or str(conversation.pk)

    @admin.display(description=_("members"))
    def present_count(self, conversation: Any) -> int:
        return int(conversation.present)

    @admin.display(description=_("last messages"))
    def last_messages(self, conversation: Conversation) -> SafeString:
        """Show numbers, senders and times, and no text."""
        latest = conversation.messages.order_by("-seq").values_list("seq", "sender_id", "kind", "at")[:SHOWN_MESSAGES]
        lines = [
            (seq, sender_id, kind, formats.date_format(timezone.localtime(at), "DATETIME_FORMAT"))
            for seq, sender_id, kind, at in latest
        ]
        return format_html_join("", "<div>{} · {} · {} · {}</div>", lines)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show it; that somebody has looked who writes to whom, and when, is written down."""
        answer = super().change_view(request, object_id, form_url, extra_context)
        if answer.status_code == HTTPStatus.OK:
            with use_case():
                record_entry(
                    actor_id=caller_id(request),
                    action="messaging.view_conversation",
                    target_type="messaging.conversation",
                    target_id=object_id,
                    changes={},
                )
        return answer

    @admin.action(description=_("Take on (support)"), permissions=["view"])
    def take_on(self, request: HttpRequest, queryset: QuerySet[Conversation]) -> None:
        self._assign(request, queryset, assignee_id=caller_id(request))

    @admin.action(description=_("Put back into the queue (support)"), permissions=["view"])
    def put_back(self, request: HttpRequest, queryset: QuerySet[Conversation]) -> None:
        self._assign(request, queryset, assignee_id=None)

    def _assign(self, request: HttpRequest, queryset: QuerySet[Conversation], *, assignee_id: Any) -> None:
        """Change who answers; each of the chosen conversations that isn't support's is left alone."""
        chosen = queryset.filter(kind=Conversation.Kind.SUPPORT).order_by("pk")
        for conversation_id, before in list(chosen.values_list("pk", "assigned_to_id")):
            with use_case():
                wiring.take_support(conversation_id=conversation_id, assignee_id=assignee_id, now=timezone.now())
                record_entry(
                    actor_id=caller_id(request),
                    action="messaging.assign_support",
                    target_type="messaging.conversation",
                    target_id=str(conversation_id),
                    changes={"assigned_to": [before and str(before), assignee_id and str(assignee_id)]},
                )
        self.message_user(
            request, _("Done. You find what you have taken on among your conversations."), messages.SUCCESS
        )

    @action(description=_("Chat now"), permissions=["view"])
    def show_live(self, request: HttpRequest) -> HttpResponse:
        return redirect("admin:messaging_live")

    @action(description=_("What became of a message"), permissions=["view"])
    def explain_message(self, request: HttpRequest) -> HttpResponse:
        return redirect("admin:messaging_explain")

    @action(description=_("Grant credits"), permissions=["view"])
    def grant_credits(self, request: HttpRequest) -> HttpResponse:
        return redirect("admin:messaging_credits")

    def get_urls(self) -> list[URLPattern]:
        return [*tool_urls(self), *super().get_urls()]
