"""Pages on which a shop's owner replaces what its webhooks are proved with; a new secret is shown in one answer only."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.second_factor import is_fresh
from accounts.selectors import get_authenticator
from common.callers import caller_id
from common.transactions import use_case
from loyalty import selectors, shop_selectors
from loyalty.models import Callback, Project
from loyalty.pages.forms import CallbackForm, RotationForm
from loyalty.services.change_callback import callback_rules, rotate_callback_key, set_callback
from loyalty.services.rotate_secret import rotate_secret
from loyalty.services.rotate_signing_key import rotate_signing_key

View = Callable[[HttpRequest, UUID], HttpResponse]
ADDRESS = f"{settings.PUBLIC_URL}/api/webhook/"


def proved_lately(view: View) -> View:
    """Ask whoever has a second factor for a fresh code before a secret is replaced."""

    @wraps(view)
    def asked(request: HttpRequest, project_id: UUID) -> HttpResponse:
        has_one = get_authenticator(user_id=caller_id(request)) is not None
        if not has_one or is_fresh(request, timezone.now()):
            return view(request, project_id)
        back = reverse("shop-keys", args=[project_id])
        return redirect(f"{reverse('accounts_step_up')}?{urlencode({'next': back})}")

    return asked


@login_required
@never_cache
@require_safe
def keys(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Secrets and keys, and where events go."""
    return _page(request, _owned(request, project_id))


@login_required
@never_cache
@require_POST
@proved_lately
def replace_secret(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """A new address for the webhook."""
    project, form = _owned(request, project_id), RotationForm(request.POST)
    if not form.is_valid():
        return _page(request, project, rotation=form)
    with use_case():
        secret = rotate_secret(project=project, actor_id=caller_id(request), now=timezone.now(), overlap=form.overlap())
    return _page(request, project, fresh_address=ADDRESS + secret)


@login_required
@never_cache
@require_POST
@proved_lately
def replace_signing_key(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """A new key for the shop to sign with."""
    project, form = _owned(request, project_id), RotationForm(request.POST)
    if not form.is_valid():
        return _page(request, project, rotation=form)
    with use_case():
        key = rotate_signing_key(
            project=project, actor_id=caller_id(request), now=timezone.now(), overlap=form.overlap()
        )
    return _page(request, project, fresh_key=key)


@login_required
@never_cache
@require_POST
@proved_lately
def change_callback(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Where the shop wants its events."""
    project, form = _owned(request, project_id), CallbackForm(request.POST)
    if not form.is_valid() or form.carry_out(lambda: _set_callback(request, project, form)) is None:
        return _page(request, project, callback_form=form)
    messages.success(request, _("Events go to this address from now on."))
    return redirect("shop-keys", project_id)


@login_required
@require_POST
@proved_lately
def replace_callback_key(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """A new key that signs events; for a day both sign."""
    project = _owned(request, project_id)
    with use_case():
        rotate_callback_key(project=project, actor_id=caller_id(request), now=timezone.now())
    return redirect("shop-keys", project_id)


def _owned(request: HttpRequest, project_id: UUID) -> Project:
    return selectors.get_owned_project(user_id=caller_id(request), project_id=project_id)


def _page(request: HttpRequest, project: Project, **made: Any) -> HttpResponse:
    now, callback = timezone.now(), shop_selectors.find_callback(project=project)
    context = {
        "project": project,
        "webhook_address": ADDRESS,
        "secrets": shop_selectors.list_valid_secrets(project=project, now=now),
        "signing_keys": selectors.list_signing_keys(user_id=caller_id(request), project_id=project.id, now=now),
        "rotation": RotationForm(),
        "callback": callback,
        "callback_form": CallbackForm(initial={"url": callback.url if callback else ""}),
    }
    return render(request, "loyalty/keys.html", context | made)


def _set_callback(request: HttpRequest, project: Project, form: CallbackForm) -> Callback:
    actor_id, url = caller_id(request), form.cleaned_data["url"]
    with use_case():
        return set_callback(project=project, actor_id=actor_id, url=url, rules=callback_rules(), now=timezone.now())
