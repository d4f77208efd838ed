"""Forms whose use case may refuse."""

from collections.abc import Callable
from typing import TypeVar

from django import forms
from django.utils.translation import gettext

from common.problems import Problem

R = TypeVar("R")


class RefusableForm(forms.Form):
    """A form whose use case may refuse; the refusal is shown above the fields."""

    def carry_out(self, use_case: Callable[[], R]) -> R | None:
        """Return the outcome, or None when it was refused."""
        try:
            return use_case()
        except Problem as problem:
            details = [error.detail for error in problem.errors] or [gettext(problem.title)]
            self.add_error(None, [forms.ValidationError(detail) for detail in details])
            return None
