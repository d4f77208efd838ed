"""Notifications in the admin: to whom, and with which words; campaign_admin and journal_admin have the rest."""

import json
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline

from audit.services.record_entry import record_entry
from common.problems import InvalidInput, Problem
from common.read_only_admin import ReadOnlyAdmin
from notifications.campaign_admin import CampaignAdmin
from notifications.journal_admin import NotificationEventAdmin, NotificationJobAdmin
from notifications.models import (
    ContactPoint,
    Recipient,
    Segment,
    ServiceSource,
    Suppression,
    TelegramBot,
    Template,
    TemplateVersion,
)
from notifications.rendering.sandbox import TemplateIsBroken
from notifications.segment_language import read_conditions
from notifications.selectors import list_members
from notifications.services.define_segment import check_conditions, define_segment
from notifications.services.publish_template import check_texts, publish_template
from notifications.services.send_test_mail import preview, send_test_mail

__all__ = ["CampaignAdmin", "NotificationEventAdmin", "NotificationJobAdmin"]


class ContactPointInline(TabularInline):
    model = ContactPoint
    fields = ["channel", "address", "verified_at", "switched_off_at", "switched_off_reason"]
    readonly_fields = fields
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, *_: Any) -> bool:
        return False


@admin.register(Recipient)
class RecipientAdmin(ReadOnlyAdmin):
    list_display = ["external_id", "display_name", "locale", "time_zone", "marketing_consent_at", "created_at"]
    list_filter = ["locale", "kind"]
    search_fields = ["=external_id", "display_name", "contact_points__address"]
    ordering = ["-created_at"]
    inlines = [ContactPointInline]


@admin.register(Template)
class TemplateAdmin(ReadOnlyAdmin):
    list_display = ["code", "description", "category", "is_urgent"]
    list_filter = ["category"]
    search_fields = ["code", "description"]
    ordering = ["code"]


class TextForm(forms.ModelForm):
    """A new version; the texts must be such as can be rendered later."""

    class Meta:
        model = TemplateVersion
        fields = ["template", "channel", "locale", "subject", "body", "link"]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if "template" not in cleaned:
            return cleaned
        texts = {name: cleaned.get(name, "") for name in ("subject", "body", "link")}
        try:
            check_texts(texts=texts, declared=cleaned["template"].variables)
        except InvalidInput as refusal:
            raise ValidationError({one.pointer[1:]: one.detail for one in refusal.errors}) from refusal
        return cleaned


@admin.register(TemplateVersion)
class TemplateVersionAdmin(ModelAdmin):
    """Texts are added, never changed: what was sent stays to be read."""

    form = TextForm
    list_display = ["template", "channel", "locale", "version", "status", "subject"]
    list_filter = ["status", "channel", "locale", "template"]
    list_select_related = ["template"]
    search_fields = ["template__code", "subject"]
    ordering = ["template__code", "channel", "locale", "-version"]
    readonly_fields = ["preview"]
    actions = ["send_test"]

    @admin.display(description=_("Preview"))
    def preview(self, version: TemplateVersion) -> str:
        if version.pk is None or version.template_id is None:
            return "—"
        try:
            message = preview(version=version)
        except TemplateIsBroken as error:
            return str(error)
        return format_html("<strong>{}</strong><pre>{}</pre>{}", message.subject, message.text, message.link)

    def has_test_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("notifications.add_templateversion")

    @admin.action(description=_("Send a test mail to myself"), permissions=["test"])
    def send_test(self, request: HttpRequest, queryset: QuerySet[TemplateVersion]) -> None:
        address = str(getattr(request.user, "email", ""))
        for version in queryset.select_related("template")[:5]:
            try:
                send_test_mail(version=version, recipient_id=request.user.pk, to=address)  # type: ignore[arg-type]
            except Problem as problem:
                self.message_user(request, f"{version}: {problem}", messages.ERROR)
            else:
                self.message_user(request, f"{version}: {address}")

    def save_model(self, request: HttpRequest, obj: TemplateVersion, form: Any, change: Any) -> None:
        published = publish_template(
            template=obj.template,
            channel=obj.channel,
            locale=obj.locale,
            subject=obj.subject,
            body=obj.body,
            link=obj.link,
            now=timezone.now(),
        )
        obj.pk = published.pk
        record_entry(
            actor_id=request.user.pk,
            action="notifications.publish_template",
            target_type="notifications.templateversion",
            target_id=str(published.pk),
            changes={"version": [published.version - 1, published.version]},
        )

    def has_change_permission(self, request: HttpRequest, *_: Any) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, *_: Any) -> bool:
        return False


class SegmentForm(forms.ModelForm):
    # No condition at all is an answer too: everybody.
    conditions = forms.JSONField(label=_("Conditions"), required=False, initial=dict)

    class Meta:
        model = Segment
        fields = ["code", "description", "conditions"]

    def clean_conditions(self) -> Any:
        try:
            check_conditions(self.cleaned_data["conditions"])
        except InvalidInput as refusal:
            raise ValidationError([one.detail for one in refusal.errors]) from refusal
        return self.cleaned_data["conditions"]


@admin.register(Segment)
class SegmentAdmin(ModelAdmin):
    form = SegmentForm
    list_display = ["code", "description", "conditions_in_words", "created_at"]
    search_fields = ["code", "description"]
    ordering = ["code"]
    readonly_fields = ["size"]

    @admin.display(description=_("Conditions"))
    def conditions_in_words(self, segment: Segment) -> str:
        return json.dumps(segment.conditions, ensure_ascii=False)

    @admin.display(description=_("Members now"))
    def size(self, segment: Segment) -> str:
        if not isinstance(segment.conditions, dict) or segment.created_at is None:
            return "—"
        return str(list_members(conditions=read_conditions(segment.conditions), now=timezone.now()).count())

    def save_model(self, request: HttpRequest, obj: Segment, form: Any, change: Any) -> None:
        segment = define_segment(
            code=obj.code, description=obj.description, conditions=obj.conditions, now=timezone.now()
        )
        obj.pk = segment.pk
        record_entry(
            actor_id=request.user.pk,
            action="notifications.define_segment",
            target_type="notifications.segment",
            target_id=obj.code,
            changes={"conditions": [None, obj.conditions]},
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Segment | None = None) -> list[str]:
        return ["size", "code"] if obj else ["size"]

    def has_delete_permission(self, request: HttpRequest, *_: Any) -> bool:
        return False


@admin.register(ServiceSource)
class ServiceSourceAdmin(ModelAdmin):
    """Which service may speak for which source."""

    list_display = ["source", "account", "created_at"]
    list_select_related = ["account"]
    search_fields = ["source", "account__email"]
    autocomplete_fields = ["account"]
    ordering = ["source"]

    def save_model(self, request: HttpRequest, obj: ServiceSource, form: Any, change: Any) -> None:
        super().save_model(request, obj, form, change)
        self._write_down(request, "notifications.grant_source", obj)

    def delete_model(self, request: HttpRequest, obj: ServiceSource) -> None:
        self._write_down(request, "notifications.withdraw_source", obj)
        super().delete_model(request, obj)

    def get_actions(self, request: HttpRequest) -> Any:
        # Deleting in bulk would pass by the audit log.
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    @staticmethod
    def _write_down(request: HttpRequest, action: str, obj: ServiceSource) -> None:
        record_entry(
            actor_id=request.user.pk,
            action=action,
            target_type="notifications.servicesource",
            target_id=str(obj.account_id),
            changes={"source": [None, obj.source]},
        )


@admin.register(Suppression)
class SuppressionAdmin(ModelAdmin):
    """The list holds hashes; taking an entry off is written down."""

    list_display = ["channel", "reason", "job", "created_at"]
    list_filter = ["channel", "reason"]
    ordering = ["-created_at"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, *_: Any) -> bool:
        return False

    def get_actions(self, request: HttpRequest) -> Any:
        # Deleting in bulk would pass by the audit log.
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def delete_model(self, request: HttpRequest, obj: Suppression) -> None:
        record_entry(
            actor_id=request.user.pk,
            action="notifications.lift_suppression",
            target_type="notifications.suppression",
            target_id=str(obj.pk),
            changes={"reason": [obj.reason, None]},
        )
        super().delete_model(request, obj)


@admin.register(TelegramBot)
class TelegramBotAdmin(ModelAdmin):
    """A bot's token is written, never shown."""

    list_display = ["username", "project_id", "created_at"]
    search_fields = ["username", "=project_id"]
    ordering = ["username"]

    def get_fields(self, request: HttpRequest, obj: TelegramBot | None = None) -> list[str]:
        return ["project_id", "username"] if obj else ["project_id", "username", "token", "webhook_secret"]

    def has_change_permission(self, request: HttpRequest, *_: Any) -> bool:
        # Another token is another bot: its chats have to be linked anew.
        return False
