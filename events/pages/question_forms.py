"""The form of a question to those who attend."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from events.models import Event, Question
from events.pages.fields import LineField, TextField

MOST_CHOICES = 50
LONGEST_CHOICE = 120
KINDS = [
    (Question.Kind.TEXT.value, _("They write something")),
    (Question.Kind.CHOICE.value, _("They choose one of several")),
    (Question.Kind.CONSENT.value, _("They agree to something")),
    (Question.Kind.WAIVER.value, _("They sign a waiver")),
]


class ChoicesField(TextField):
    """Choices, one on a line."""

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[str]:  # type: ignore[override]
        lines = [line.strip() for line in super().clean(value).split("\n")]
        choices = [line for line in lines if line]
        if len(set(choices)) < len(choices):
            raise forms.ValidationError(_("A choice is named twice."), code="unique")
        if len(choices) == 1 or len(choices) > MOST_CHOICES:
            raise forms.ValidationError(_("Name from 2 to %(most)s choices."), params={"most": MOST_CHOICES})
        if any(len(one) > LONGEST_CHOICE for one in choices):
            wrong = _("A choice has at most %(most)s characters.")
            raise forms.ValidationError(wrong, params={"most": LONGEST_CHOICE})
        return choices


class QuestionForm(forms.Form):
    """What is asked, of whom, and how it is answered."""

    prompt = LineField(label=_("The question"), max_length=300)
    kind = forms.ChoiceField(label=_("How it is answered"), choices=KINDS)
    choices = ChoicesField(
        label=_("Choices"),
        required=False,
        help_text=_("One on a line; only where they choose."),
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    text = TextField(
        label=_("What they agree to or sign"),
        max_length=20_000,
        required=False,
        help_text=_("A waiver needs it; everybody keeps the words that stood here when they answered."),
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    ticket_type = forms.TypedChoiceField(label=_("Asked for"), required=False, empty_value=None)
    is_required = forms.BooleanField(label=_("It must be answered"), required=False)
    position = forms.IntegerField(
        label=_("Place among the questions"),
        min_value=0,
        max_value=1000,
        help_text=_("The smallest number comes first."),
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, event: Event, **options: Any) -> None:
        super().__init__(*args, **{"label_suffix": ""} | options)
        types = list(event.ticket_types.all())
        by_id = {str(one.id): one.id for one in types}
        field: Any = self.fields["ticket_type"]
        field.choices = [("", _("every ticket")), *((str(one.id), one.name) for one in types)]
        field.coerce = by_id.__getitem__

    def columns(self) -> dict[str, Any]:
        """Return what was written, as the services take it."""
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}
