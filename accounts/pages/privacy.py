"""One's own data: a file with everything, and the end of the account."""

from datetime import datetime

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.pages.enrolment import signed_in_long_ago
from accounts.pages.forms import EraseForm
from accounts.selectors import find_export, get_authenticator, get_export_file, get_user
from accounts.services.check_code import check_code
from accounts.services.erase_account import erase_account
from accounts.services.order_export import order_export
from common.callers import caller_id
from common.downloads import as_download
from common.transactions import use_case


@never_cache
@login_required
@require_GET
def privacy(request: HttpRequest) -> HttpResponse:
    """Show how far the export is."""
    return render(request, "accounts/privacy.html", {"export": find_export(user_id=caller_id(request))})


@login_required
@require_POST
def order(request: HttpRequest) -> HttpResponse:
    with use_case():
        order_export(user_id=caller_id(request), now=timezone.now())
    return redirect("accounts_privacy")


@login_required
@require_GET
def take(request: HttpRequest) -> HttpResponse:
    content = get_export_file(user_id=caller_id(request))
    return as_download(content, "application/zip", "aquastream-export.zip")


@never_cache
@login_required
@reauthentication_required(enabled=signed_in_long_ago)
@require_http_methods(["GET", "POST"])
def erase(request: HttpRequest) -> HttpResponse:
    """Ask once more, for the address and the code of a second factor, then erase and say goodbye."""
    user_id, now = caller_id(request), timezone.now()
    email = get_user(user_id=user_id).email
    form = EraseForm(request.POST or None, email=email, asks_for_code=get_authenticator(user_id=user_id) is not None)
    if form.is_valid() and form.carry_out(lambda: _erase(request, form, now)):
        logout(request)
        messages.success(request, _("Your account is erased."))
        return redirect("/")
    return render(request, "accounts/erase.html", {"form": form, "email": email})


def _erase(request: HttpRequest, form: EraseForm, now: datetime) -> bool:
    user_id = caller_id(request)
    if "code" in form.fields:
        check_code(user_id=user_id, code=form.cleaned_data["code"], now=now)
    with use_case():
        erase_account(user_id=user_id, now=now)
    return True
