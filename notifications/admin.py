"""Notifications in the admin: to whom; campaign_admin, template_admin and journal_admin have the rest."""

import json
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.forms.fields import InvalidJSONInput
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget, UnfoldBooleanSwitchWidget

from audit.services.record_entry import record_entry
from common.problems import InvalidInput
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
)
from notifications.segment_language import read_conditions
from notifications.segment_words import condition_words
from notifications.selectors.segments import explain_membership, list_members, list_segments
from notifications.services.define_segment import check_conditions, define_segment
from notifications.template_admin import TemplateAdmin, TemplateVersionAdmin
from notifications.token_admin import ServiceTokenAdmin

__all__ = [
    "CampaignAdmin",
    "NotificationEventAdmin",
    "NotificationJobAdmin",
    "ServiceTokenAdmin",
    "TemplateAdmin",
    "TemplateVersionAdmin",
]


# Each is a query.
SHOWN_SEGMENTS = 30


class ContactPointInline(TabularInline):
    model = ContactPoint
    hide_title = True
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
    readonly_fields = ["membership"]

    @admin.display(description=_("Segments"))
    def membership(self, recipient: Recipient) -> str:
        """Say of which segments the person is, and which conditions keep them out of the others."""
        lines = []
        for segment in list_segments()[:SHOWN_SEGMENTS]:
            held = explain_membership(
                conditions=read_conditions(segment.conditions), recipient_id=recipient.id, now=timezone.now()
            )
            failed = ", ".join(name for name, holds in held if not holds)
            lines.append((segment.code, gettext("no: %s") % failed if failed else gettext("yes")))
        return format_html_join("", "{} – {}<br>", lines) or "—"


class ConditionsField(forms.JSONField):
    """JSON that somebody may have nested a thousand deep: Python's reader gives up on it with an error of its own."""

    def to_python(self, value: Any) -> Any:
        try:
            return super().to_python(value)
        except RecursionError as error:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from error

    def bound_data(self, data: Any, initial: Any) -> Any:
        try:
            return super().bound_data(data, initial)
        except RecursionError:
            return InvalidJSONInput(data)


class SegmentForm(forms.ModelForm):
    code = forms.RegexField(
        label=_("code"),
        regex=r"^[A-Za-z0-9_.-]+\Z",
        max_length=100,
        widget=UnfoldAdminTextInputWidget,
        error_messages={"invalid": _("Latin letters, digits, dots, dashes and underscores.")},
    )
    conditions = ConditionsField(label=_("Conditions"), required=False, initial=dict, widget=UnfoldAdminTextareaWidget)
    # No condition at all is an answer too, but nobody should give it by leaving a field as it was.
    is_everybody = forms.BooleanField(label=_("Everybody"), required=False, widget=UnfoldBooleanSwitchWidget)

    class Meta:
        model = Segment
        fields = ["code", "description", "conditions", "is_everybody"]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["conditions"].help_text = condition_words()
        self.fields["is_everybody"].initial = self.instance.conditions == {}

    def clean_conditions(self) -> Any:
        given = self.cleaned_data["conditions"]
        conditions = {} if given is None else given
        try:
            check_conditions(conditions)
        except InvalidInput as refusal:
            raise ValidationError(
                [f"{one.pointer.removeprefix('/conditions/')}: {one.detail}" for one in refusal.errors]
            ) from refusal
        return conditions

    def clean_is_everybody(self) -> bool:
        is_everybody = bool(self.cleaned_data["is_everybody"])
        conditions = self.cleaned_data.get("conditions")
        if conditions == {} and not is_everybody:
            raise ValidationError(_("Without a condition the segment is everybody: say so here."))
        if conditions and is_everybody:
            raise ValidationError(_("With conditions the segment isn't everybody."))
        return is_everybody


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

    list_display = ["channel", "reason", "category", "job", "created_at"]
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


class TelegramBotForm(forms.ModelForm):
    """What BotFather has said of a bot."""

    username = forms.RegexField(
        r"^[A-Za-z][A-Za-z0-9_]{4,31}$",
        label=_("bot's name"),
        help_text=_("As in t.me/…, without @."),
        widget=UnfoldAdminTextInputWidget,
    )
    token = forms.RegexField(r"^[0-9]+:[A-Za-z0-9_-]{30,}$", label=_("bot's token"), widget=UnfoldAdminTextInputWidget)
    webhook_secret = forms.RegexField(
        r"^[A-Za-z0-9_-]{16,256}$",
        label=_("secret of the bot's updates"),
        help_text=_("16 to 256 letters, digits, _ and -, of your own; Telegram shows it with each update."),
        widget=UnfoldAdminTextInputWidget,
    )


@admin.register(TelegramBot)
class TelegramBotAdmin(ModelAdmin):
    """A bot's token is written, never shown."""

    form = TelegramBotForm
    readonly_fields = ["webhook_address"]
    list_display = ["username", "project_id", "created_at"]
    search_fields = ["username", "=project_id"]
    ordering = ["username"]

    def get_fields(self, request: HttpRequest, obj: TelegramBot | None = None) -> list[str]:
        return (
            ["project_id", "username", "webhook_address"]
            if obj
            else ["project_id", "username", "token", "webhook_secret"]
        )

    def has_change_permission(self, request: HttpRequest, *_: Any) -> bool:
        # Another token is another bot: its chats have to be linked anew.
        return False

    @admin.display(description=_("address for Telegram's webhook"))
    def webhook_address(self, bot: TelegramBot) -> str:
        return settings.PUBLIC_URL + reverse("telegram_update", kwargs={"bot_id": bot.pk})
