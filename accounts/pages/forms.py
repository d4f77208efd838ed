"""Forms of the account pages."""

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.phones import NotAPhone, to_e164
from accounts.scopes import ACCOUNT, READ, WRITE
from accounts.services.issue_token import DEFAULT_LIFETIME_DAYS
from common.refusable_forms import RefusableForm


class CodeForm(RefusableForm):
    code = forms.CharField(
        label=_("Code"),
        max_length=20,
        help_text=_("Six digits from your authenticator app, or a backup code."),
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "autocapitalize": "off", "spellcheck": "false"}),
    )

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"]
        return code.replace(" ", "")


class ProfileForm(RefusableForm):
    display_name = forms.CharField(
        label=_("Name"), max_length=120, required=False, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    handle = forms.RegexField(
        r"^[a-z0-9_]{3,40}$",
        label=_("Handle"),
        required=False,
        help_text=_("How others find you in the chat: small Latin letters, digits and underscores."),
        widget=forms.TextInput(attrs={"autocomplete": "nickname", "autocapitalize": "off", "spellcheck": "false"}),
    )
    phone = forms.CharField(
        label=_("Phone"),
        max_length=32,
        required=False,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
    )
    birth_on = forms.DateField(
        label=_("Date of birth"),
        required=False,
        help_text=_("Some events are for adults only."),
        widget=forms.DateInput(attrs={"type": "date", "autocomplete": "bday"}, format="%Y-%m-%d"),
    )
    locale = forms.ChoiceField(label=_("Language of mails"), choices=User.Locale.choices)
    time_zone = forms.ChoiceField(
        label=_("Time zone"), choices=[(name, name.replace("_", " ")) for name in sorted(available_timezones())]
    )

    def clean_phone(self) -> str:
        try:
            return to_e164(self.cleaned_data["phone"].strip())
        except NotAPhone as error:
            raise forms.ValidationError(_("This is not a phone number.")) from error


class TokenForm(RefusableForm):
    name = forms.CharField(
        label=_("What is it for?"), max_length=80, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    scopes = forms.MultipleChoiceField(
        label=_("It may"),
        choices=[
            (READ, _("read what I see")),
            (WRITE, _("act for me: book, pay, review")),
            (ACCOUNT, _("manage my tokens and my organizers' members")),
        ],
        initial=[READ],
        widget=forms.CheckboxSelectMultiple,
    )
    expires_in_days = forms.TypedChoiceField(
        label=_("It ends in"),
        coerce=int,
        choices=[(7, _("7 days")), (30, _("30 days")), (90, _("90 days")), (365, _("one year"))],
        initial=DEFAULT_LIFETIME_DAYS,
    )
    code = forms.CharField(
        label=_("Code of your second factor"),
        max_length=20,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code"}),
    )

    def __init__(self, *args: Any, asks_for_code: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not asks_for_code:
            del self.fields["code"]


class EraseForm(RefusableForm):
    """The address typed once more: nobody erases an account by a slip of the finger."""

    email = forms.EmailField(
        label=_("Your e-mail address"), widget=forms.EmailInput(attrs={"autocomplete": "off", "spellcheck": "false"})
    )
    code = forms.CharField(
        label=_("Code of your second factor"),
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code"}),
    )

    def __init__(self, *args: Any, email: str, asks_for_code: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._email = email
        if not asks_for_code:
            del self.fields["code"]

    def clean_email(self) -> str:
        typed: str = self.cleaned_data["email"]
        if typed.strip().lower() != self._email.lower():
            raise forms.ValidationError(_("This is not the address of this account."))
        return typed
