"""Messages in the back office: what they are about, their texts, and how a text comes into use."""

from functools import partial
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import action

from common.callers import caller_id
from common.problems import InvalidInput
from notifications.mail_preview import preview_of, show_mail
from notifications.models import Template, TemplateVersion
from notifications.services.check_texts import check_texts
from notifications.services.define_template import check_definition, define_template
from notifications.services.draft_text import change_draft, draft_text
from notifications.services.load_default_templates import shipped_codes
from notifications.version_steps import MAY, STEPS, steps_for, take_step


def _at_fields(refusal: InvalidInput) -> ValidationError:
    return ValidationError({one.pointer[1:]: one.detail for one in refusal.errors})


class TemplateForm(forms.ModelForm):
    # A message may have no values at all.
    sample = forms.JSONField(label=_("Sample"), required=False, initial=dict, help_text=_("A value for each variable."))

    class Meta:
        model = Template
        fields = ["code", "description", "category", "is_urgent", "variables", "sample"]
        help_texts = {"variables": _("Names, parted by commas. The texts write them as {{ name }}.")}

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if self.errors:
            return cleaned
        cleaned["sample"] = cleaned.get("sample") or {}
        code = cleaned.get("code") or self.instance.code
        try:
            check_definition(code=code, variables=cleaned["variables"], sample=cleaned["sample"])
        except InvalidInput as refusal:
            raise _at_fields(refusal) from refusal
        return cleaned


@admin.register(Template)
class TemplateAdmin(ModelAdmin):
    """The product's own messages stay as they are; people add others, for mailings."""

    form = TemplateForm
    list_display = ["code", "description", "category", "is_urgent"]
    list_filter = ["category"]
    search_fields = ["code", "description"]
    ordering = ["code"]

    def get_readonly_fields(self, request: HttpRequest, obj: Template | None = None) -> list[str]:
        return ["code"] if obj else []

    def has_change_permission(self, request: HttpRequest, obj: Template | None = None) -> bool:
        is_own = obj is None or obj.code not in shipped_codes()
        return super().has_change_permission(request, obj) and is_own

    def has_delete_permission(self, request: HttpRequest, *_: Any) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Template, form: Any, change: Any) -> None:
        made = define_template(
            code=obj.code,
            description=obj.description,
            category=obj.category,
            is_urgent=obj.is_urgent,
            variables=obj.variables,
            sample=obj.sample,
            actor_id=caller_id(request),
            now=timezone.now(),
        )
        obj.pk = made.pk


class TextForm(forms.ModelForm):
    """A draft; it must be such as can be rendered later."""

    class Meta:
        model = TemplateVersion
        fields = ["template", "channel", "locale", "subject", "body", "link"]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        template = cleaned.get("template") or (self.instance.template if self.instance.template_id else None)
        locale = cleaned.get("locale") or self.instance.locale
        if template is None or self.errors:
            return cleaned
        texts = {name: cleaned.get(name, "") for name in ("subject", "body", "link")}
        try:
            check_texts(texts=texts, declared=template.variables, sample=template.sample, locale=locale)
        except InvalidInput as refusal:
            raise _at_fields(refusal) from refusal
        return cleaned


@admin.register(TemplateVersion)
class TemplateVersionAdmin(ModelAdmin):
    """A text begins as a draft; what was ever in use is never changed: what was sent stays to be read."""

    form = TextForm
    list_display = ["template", "channel", "locale", "version", "status", "subject"]
    list_filter = ["status", "channel", "locale", "template"]
    list_select_related = ["template"]
    search_fields = ["template__code", "subject"]
    ordering = ["template__code", "channel", "locale", "-version"]
    actions_detail = ["test_this", "publish_this", "copy_this"]

    @admin.display(description=_("Preview"))
    def preview(self, version: TemplateVersion) -> str:
        if version.pk is None or version.template_id is None:
            return "—"
        return preview_of(version)

    def get_readonly_fields(self, request: HttpRequest, obj: TemplateVersion | None = None) -> list[str]:
        return ["template", "channel", "locale", "version", "status", "preview"] if obj else []

    def get_fields(self, request: HttpRequest, obj: TemplateVersion | None = None) -> list[str]:
        texts = ["subject", "body", "link"]
        kind = ["template", "channel", "locale"]
        return [*kind, "version", "status", *texts, "preview"] if obj else [*kind, *texts]

    def save_model(self, request: HttpRequest, obj: TemplateVersion, form: Any, change: Any) -> None:
        texts = {"subject": obj.subject, "body": obj.body, "link": obj.link}
        if change:
            change_draft(version_id=obj.pk, **texts)
        else:
            obj.pk = draft_text(template=obj.template, channel=obj.channel, locale=obj.locale, **texts).pk

    def has_change_permission(self, request: HttpRequest, obj: TemplateVersion | None = None) -> bool:
        return request.user.has_perm(MAY) and obj is not None and obj.status == TemplateVersion.Status.DRAFT

    def has_delete_permission(self, request: HttpRequest, obj: TemplateVersion | None = None) -> bool:
        return self.has_change_permission(request, obj)

    def has_step_permission(self, request: HttpRequest, *_: Any) -> bool:
        return request.user.has_perm(MAY)

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """Offer the steps that can do something for the text as it is."""
        version = self.get_object(request, object_id)
        fitting = steps_for(version) if version is not None else set()
        offered = super().get_actions_detail(request, object_id)
        return [one for one in offered if any(one.action_name.endswith(f"_{name}_this") for name in fitting)]

    def get_urls(self) -> list[Any]:
        taking = path(
            "<uuid:version_id>/steps/<slug:name>/",
            self.admin_site.admin_view(partial(take_step, model_admin=self)),
            name="notifications_templateversion_step",
        )
        mail = path(
            "<uuid:version_id>/mail/",
            self.admin_site.admin_view(show_mail),
            name="notifications_templateversion_mail",
        )
        return [taking, mail, *super().get_urls()]

    @action(description=STEPS["test"].title, permissions=["step"])
    def test_this(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return _to_step(object_id, "test")

    @action(description=STEPS["publish"].title, permissions=["step"])
    def publish_this(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return _to_step(object_id, "publish")

    @action(description=STEPS["copy"].title, permissions=["step"])
    def copy_this(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return _to_step(object_id, "copy")


def _to_step(object_id: str, name: str) -> HttpResponse:
    return redirect("admin:notifications_templateversion_step", version_id=object_id, name=name)
