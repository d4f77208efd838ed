"""Conversations in the back office: who, how many, when. What people write to each other isn't shown here."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline

from messaging.models import Conversation, Membership

SHOWN_MESSAGES = 50


class MembershipInline(TabularInline):
    model = Membership
    extra = 0
    can_delete = False
    fields = readonly_fields = ["user", "role", "delivered_seq", "read_seq", "joined_at", "left_at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        return super().get_queryset(request).select_related("user").order_by("joined_at", "id")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Conversation)
class ConversationAdmin(ModelAdmin):
    list_display = ["name", "kind", "present_count", "last_seq", "changed_at"]
    list_filter = ["kind"]
    search_fields = ["=id", "title", "memberships__user__email"]
    ordering = ["-created_at", "-id"]
    fields = readonly_fields = ["id", "kind", "title", "last_seq", "epoch", "created_at", "changed_at", "last_messages"]
    inlines = [MembershipInline]
    show_full_result_count = False

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
        return format_html_join("", "<div>{} · {} · {} · {}</div>", latest)

    def has_add_permission(self, request: HttpRequest, *_: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, *_: Any) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, *_: Any) -> bool:
        return False
