"""The account page, and the doors of the second factor."""

from datetime import datetime
from typing import Any
from uuid import UUID

from allauth.account.decorators import reauthentication_required
from allauth.account.stages import LoginStageController
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import selectors
from accounts.pages.enrolment import may_enrol, open_enrolment, qr_code, signed_in_long_ago
from accounts.pages.forms import CodeForm, ProfileForm, TokenForm
from accounts.second_factor import SESSION_KEY, remember_second_factor
from accounts.services.begin_enrolment import begin_enrolment
from accounts.services.change_profile import change_profile
from accounts.services.check_code import check_code
from accounts.services.confirm_enrolment import confirm_enrolment
from accounts.services.end_sessions import end_sessions
from accounts.services.invite_to_enrol import check_enrolment_link, invite_to_enrol
from accounts.services.issue_token import issue_token
from accounts.services.remove_second_factor import remove_second_factor
from accounts.services.renew_backup_codes import renew_backup_codes
from accounts.services.revoke_token import revoke_token
from accounts.sign_in_stage import SecondFactorStage
from common.transactions import in_use_case, use_case


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def account(request: HttpRequest) -> HttpResponse:
    """Profile, tokens, second factor and sessions; POST changes the profile."""
    form = ProfileForm(request.POST or None, initial=_profile(request))
    if form.is_valid() and form.carry_out(lambda: _change_profile(request, form)):
        messages.success(request, _("Saved."))
        return redirect("accounts_account")
    return _account_page(request, profile_form=form)


@never_cache
@login_required
@require_POST
def create_token(request: HttpRequest) -> HttpResponse:
    form = TokenForm(request.POST, asks_for_code=_device(request) is not None)
    if form.is_valid():
        made = form.carry_out(lambda: _issue_token(request, form))
        if made is not None:
            return render(request, "accounts/new_token.html", {"token": made[0], "text": made[1]})
    return _account_page(request, token_form=form)


@login_required
@require_POST
def revoke(request: HttpRequest, token_id: UUID) -> HttpResponse:
    with use_case():
        revoke_token(user_id=_id(request), token_id=token_id)
    messages.success(request, _("The token is revoked."))
    return redirect("accounts_account")


@login_required
@require_POST
def end_other_sessions(request: HttpRequest) -> HttpResponse:
    with use_case():
        end_sessions(user_id=_id(request), except_key=request.session.session_key or "")
    messages.success(request, _("You are signed out everywhere else."))
    return redirect("accounts_account")


@never_cache
@require_http_methods(["GET", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    """Ask for the code before the session is given."""
    stage = LoginStageController.enter(request, SecondFactorStage.key)
    if stage is None or stage.login.user is None:
        return redirect("account_login")
    user: Any = stage.login.user
    form = CodeForm(request.POST or None)
    if form.is_valid():
        now = timezone.now()
        device = form.carry_out(lambda: check_code(user_id=user.pk, code=form.cleaned_data["code"], now=now))
        if device is not None:
            # django-otp notes it in the session while the user is being signed in.
            user.otp_device = device
            request.session[SESSION_KEY] = now.isoformat()
            return stage.exit()
    return render(request, "accounts/code.html", {"form": form})


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def step_up(request: HttpRequest) -> HttpResponse:
    """Ask a signed-in user for a fresh code."""
    after = _safe_next(request)
    if _device(request) is None:
        return redirect("accounts_second_factor")
    form = CodeForm(request.POST or None)
    if form.is_valid():
        now = timezone.now()
        device = form.carry_out(lambda: _check(request, form, now))
        if device is not None:
            remember_second_factor(request, device, now)
            return redirect(after)
    return render(request, "accounts/step_up.html", {"form": form, "next": after})


@never_cache
@login_required
@reauthentication_required(enabled=signed_in_long_ago)
@require_http_methods(["GET", "POST"])
def second_factor(request: HttpRequest) -> HttpResponse:
    """Set up a second factor: show the secret, take its first code, show the backup codes once."""
    if _device(request) is not None:
        return redirect("accounts_account")
    now = timezone.now()
    if not may_enrol(request, now):
        return render(request, "accounts/ask_for_link.html")
    with use_case():
        device = begin_enrolment(user_id=_id(request))
    form = CodeForm(request.POST or None)
    if form.is_valid():
        done = form.carry_out(lambda: confirm_enrolment(user_id=_id(request), code=form.cleaned_data["code"], now=now))
        if done is not None:
            remember_second_factor(request, done[0], now)
            return render(request, "accounts/backup_codes.html", {"codes": done[1]})
    return render(request, "accounts/second_factor.html", {"form": form, **qr_code(device)})


@login_required
@require_POST
def send_enrolment_link(request: HttpRequest) -> HttpResponse:
    with use_case():
        invite_to_enrol(user_id=_id(request))
    messages.success(request, _("The link is on its way to your e-mail."))
    return redirect("accounts_second_factor")


@never_cache
@login_required
@require_GET
def enrolment_link(request: HttpRequest, signed: str) -> HttpResponse:
    """Open the enrolment for this session."""
    check_enrolment_link(user_id=_id(request), signed=signed)
    open_enrolment(request, timezone.now())
    return redirect("accounts_second_factor")


@never_cache
@login_required
@require_POST
def new_backup_codes(request: HttpRequest) -> HttpResponse:
    form = CodeForm(request.POST)
    if form.is_valid():
        codes = form.carry_out(
            lambda: renew_backup_codes(user_id=_id(request), code=form.cleaned_data["code"], now=timezone.now())
        )
        if codes is not None:
            return render(request, "accounts/backup_codes.html", {"codes": codes})
    return _account_page(request, code_form=form)


@login_required
@require_POST
def remove(request: HttpRequest) -> HttpResponse:
    form = CodeForm(request.POST)
    if form.is_valid() and form.carry_out(lambda: _remove(request, form)):
        messages.success(request, _("Your account has no second factor now."))
        return redirect("accounts_account")
    return _account_page(request, code_form=form)


def _id(request: HttpRequest) -> Any:
    return request.user.pk


def _device(request: HttpRequest) -> Any:
    return selectors.get_authenticator(user_id=_id(request))


def _check(request: HttpRequest, form: CodeForm, now: datetime) -> Any:
    return check_code(user_id=_id(request), code=form.cleaned_data["code"], now=now)


def _remove(request: HttpRequest, form: CodeForm) -> bool:
    _check(request, form, timezone.now())
    with use_case():
        remove_second_factor(user_id=_id(request))
    return True


def _profile(request: HttpRequest) -> dict[str, Any]:
    user = selectors.get_user(user_id=_id(request))
    return {field: getattr(user, field) for field in ProfileForm.base_fields}


@in_use_case
def _change_profile(request: HttpRequest, form: ProfileForm) -> Any:
    changes: Any = form.cleaned_data
    return change_profile(user_id=_id(request), changes=changes, now=timezone.now())


def _issue_token(request: HttpRequest, form: TokenForm) -> Any:
    return issue_token(
        user_id=_id(request),
        code=form.cleaned_data.get("code", ""),
        name=form.cleaned_data["name"],
        scopes=form.cleaned_data["scopes"],
        lifetime_days=form.cleaned_data["expires_in_days"],
        now=timezone.now(),
    )


def _account_page(request: HttpRequest, **forms: Any) -> HttpResponse:
    device = _device(request)
    context = {
        "profile_form": ProfileForm(initial=_profile(request)),
        "token_form": TokenForm(asks_for_code=device is not None),
        "code_form": CodeForm(),
        "has_device": device is not None,
        "tokens": selectors.list_tokens_of(user_id=_id(request)),
        "sessions": selectors.list_sessions_of(user=selectors.get_user(user_id=_id(request))),
        **forms,
    }
    return render(request, "accounts/account.html", context, status=200)


def _safe_next(request: HttpRequest) -> str:
    after = request.POST.get("next", request.GET.get("next", ""))
    allowed = url_has_allowed_host_and_scheme(after, {request.get_host()}, require_https=request.is_secure())
    return after if allowed else "/account/"
