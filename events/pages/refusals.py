"""What a use case refuses, said on the form that asked for it."""

from collections.abc import Callable
from typing import TypeVar

from django import forms
from django.utils.translation import gettext as _

from common.problems import NotAllowed, NotFound, Problem
from common.transactions import use_case

R = TypeVar("R")


def carried_out(form: forms.BaseForm, act: Callable[[], R]) -> R | None:
    """Return the outcome of a use case, or None when it was refused: then the form says why.

    Raises:
        NotFound, NotAllowed: no form helps against these.
    """
    try:
        with use_case():
            return act()
    except (NotFound, NotAllowed):
        raise
    except Problem as refusal:
        if not refusal.errors:
            form.add_error(None, refusal.detail or _(refusal.title))
        for one in refusal.errors:
            name = one.pointer.strip("/").split("/")[0]
            form.add_error(name if name in form.fields else None, one.detail)
        return None
