"""What a step with several events needs."""

import uuid
from typing import Any

from django import forms
from django.core import signing
from django.utils.translation import gettext_lazy as _

from common.ids import new_id
from events.pages.fields import TextField

MOST_AT_ONCE = 20
# The id of the order that a form gives: sent twice, it is given once.
SALT = "events.pages.bulk"


class BulkForm(forms.Form):
    """A yes, with what the step is told."""

    made_as = forms.CharField(widget=forms.HiddenInput, max_length=300)

    def parameters(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if name != "made_as"}

    def operation_id(self, *, user_id: uuid.UUID) -> uuid.UUID:
        """Return the order's id; of a torn one or somebody else's, a new one."""
        try:
            whose, operation_id = signing.loads(self.cleaned_data["made_as"], salt=SALT)
        except (signing.BadSignature, ValueError):
            return new_id()
        return uuid.UUID(operation_id) if whose == str(user_id) else new_id()


class PublishForm(BulkForm):
    """Publishing needs nothing else."""


class CancelForm(BulkForm):
    reason = TextField(
        label=_("Reason"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Everyone who has booked reads it."),
    )


class PricesForm(BulkForm):
    percent = forms.IntegerField(
        label=_("By how many percent"),
        min_value=-90,
        max_value=500,
        help_text=_("With a minus to lower. Who has booked keeps their price."),
    )


FORMS: dict[str, type[BulkForm]] = {"publish": PublishForm, "cancel": CancelForm, "change_prices": PricesForm}


def made_as(*, user_id: uuid.UUID) -> str:
    """Return what an empty form carries."""
    return signing.dumps([str(user_id), str(new_id())], salt=SALT)
