"""Forms of the review pages."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from common.visible_text import VisibleTextInput
from reviews.models import Review, ReviewReport
from reviews.models.reply import LONGEST_REPLY, SHORTEST_REPLY
from reviews.models.review import ASPECTS, LONGEST_APPEAL, LONGEST_TEXT, SHORTEST_TEXT
from reviews.services.write_review import Draft

STARS = [(5, _("5: excellent")), (4, _("4: good")), (3, _("3: fair")), (2, _("2: poor")), (1, _("1: bad"))]
ASPECT_LABELS = {
    "organisation": _("Organisation"),
    "safety": _("Safety"),
    "value": _("Value for money"),
    "staff": _("Guides and staff"),
}


def aspect(name: str) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        label=ASPECT_LABELS[name], choices=[("", _("no rating")), *STARS], coerce=int, required=False, empty_value=None
    )


class ReviewForm(forms.Form):
    """A review, with the version that it was read in when it is a change."""

    rating = forms.TypedChoiceField(label=_("Your rating"), choices=STARS, coerce=int, widget=forms.RadioSelect)
    organisation = aspect("organisation")
    safety = aspect("safety")
    value = aspect("value")
    staff = aspect("staff")
    text = VisibleTextInput(
        label=_("Your review"),
        min_length=SHORTEST_TEXT,
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=_("From 20 to 5,000 characters. What went well, what would have helped you to know before?"),
    )
    is_anonymous = forms.BooleanField(label=_("Don't show my name to others"), required=False)
    version = forms.IntegerField(widget=forms.HiddenInput, initial=0)

    @classmethod
    def of(cls, review: Review) -> "ReviewForm":
        """Return the form filled with what the review says."""
        names = ("rating", *ASPECTS, "text", "is_anonymous", "version")
        return cls(initial={name: getattr(review, name) for name in names})

    def draft(self) -> Draft:
        """Return the valid input as the services take it."""
        given: dict[str, Any] = self.cleaned_data
        return Draft(
            rating=given["rating"],
            text=given["text"],
            aspects={name: given[name] for name in ASPECTS if given[name] is not None},
            is_anonymous=given["is_anonymous"],
        )


class ReportForm(forms.Form):
    reason_code = forms.ChoiceField(label=_("What is wrong?"), choices=ReviewReport.Reason.choices)
    text = VisibleTextInput(label=_("A few words, if you like"), max_length=1000, required=False)


class ReplyForm(forms.Form):
    text = VisibleTextInput(
        label=_("Answer for everybody to read"),
        min_length=SHORTEST_REPLY,
        max_length=LONGEST_REPLY,
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class AppealForm(forms.Form):
    """What speaks against a refusal, with the version that was read."""

    text = VisibleTextInput(
        label=_("Why should it be published?"),
        max_length=LONGEST_APPEAL,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("Another moderator reads this beside your review. You can object once."),
    )
    version = forms.IntegerField(widget=forms.HiddenInput)
