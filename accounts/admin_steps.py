"""A step in the back office that can't be undone: it asks why, wants a fresh second factor, and says what came of it."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget

from accounts.second_factor import is_fresh
from common.problems import Problem
from common.transactions import use_case


class ReasonForm(forms.Form):
    """Why; it is kept for ever."""

    reason = forms.CharField(label=_("Reason"), max_length=2000, widget=UnfoldAdminTextareaWidget)


def reasoned_step(
    request: HttpRequest, *, model_admin: Any, title: str, subject: str, back: str, act: Callable[[str], object]
) -> HttpResponse:
    """Show what is about to be done to `subject`; once a reason is given, do it in one use case and lead to `back`."""
    if not is_fresh(request, timezone.now()):
        return redirect(f"{reverse('accounts_step_up')}?{urlencode({'next': request.path})}")
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            with use_case():
                act(form.cleaned_data["reason"])
        except Problem as problem:
            model_admin.message_user(request, gettext(problem.title), messages.ERROR)
        else:
            model_admin.message_user(request, f"{title}: {gettext('done.')}", messages.SUCCESS)
        return HttpResponseRedirect(back)
    context = {
        **model_admin.admin_site.each_context(request),
        "title": title,
        "subject": subject,
        "back": back,
        "form": form,
        "opts": model_admin.opts,
    }
    return TemplateResponse(request, "admin/accounts/step.html", context)
