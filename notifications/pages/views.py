"""Pages of people with an account: inbox, settings."""

from typing import cast
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from common.transactions import use_case
from notifications.event_types.registry import OneUser
from notifications.pages.forms import PreferencesForm, values_of
from notifications.selectors.addresses import find_telegram_bot, is_telegram_linked
from notifications.selectors.inbox import count_unread, list_inbox
from notifications.selectors.people import find_recipient
from notifications.services.make_telegram_link import make_telegram_link
from notifications.services.make_vapid_key import make_vapid_key
from notifications.services.read_inbox import read_inbox
from notifications.services.save_preferences import save_preferences

PAGE_SIZE = 20
WORKER = settings.BASE_DIR / "static" / "js" / "notifications" / "push_worker.js"


@login_required
@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    """What the user was told, the newest first."""
    items = list_inbox(user_id=_me(request)).order_by("-created_at", "-id")
    with use_case():
        key = make_vapid_key()
    context = {
        "page": Paginator(items, PAGE_SIZE).get_page(request.GET.get("page")),
        "unread": count_unread(user_id=_me(request)),
        "push_key": key.public_key,
        "telegram": _telegram(_me(request)),
    }
    return render(request, "notifications/inbox.html", context)


@login_required
@require_POST
def telegram_link(request: HttpRequest) -> HttpResponse:
    """Show a link into the chat with the bot: a form may not lead to another site by itself (form-action)."""
    with use_case():
        link = make_telegram_link(person=OneUser(user_id=_me(request)), now=timezone.now())
    if not link:
        return redirect("inbox")
    answer = render(request, "notifications/telegram.html", {"link": link})
    # It works once, for whoever has it.
    answer["Cache-Control"] = "no-store"
    return answer


@login_required
@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    """Mark everything as read."""
    with use_case():
        read_inbox(user_id=_me(request), item_ids=None, now=timezone.now())
    return redirect("inbox")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: HttpRequest) -> HttpResponse:
    """What the user gets, how, and when not."""
    form = PreferencesForm(request.POST or None, initial=values_of(find_recipient(user_id=_me(request))))
    if request.method == "POST" and form.is_valid():
        with use_case():
            save_preferences(user_id=_me(request), wishes=form.wishes, now=timezone.now())
        messages.success(request, _("Your settings are saved."))
        return redirect("notification_preferences")
    return render(request, "notifications/preferences.html", {"form": form}, status=400 if form.errors else 200)


@require_safe
def push_worker(request: HttpRequest) -> HttpResponse:
    """The service worker, from the site's root: its place decides which pages it serves."""
    return HttpResponse(WORKER.read_bytes(), content_type="text/javascript", headers={"Cache-Control": "no-cache"})


def _me(request: HttpRequest) -> UUID:
    return cast("UUID", request.user.pk)


def _telegram(user_id: UUID) -> str:
    """Return how the user stands with the product's bot: 'offered', 'linked', or '' where there is none."""
    bot = find_telegram_bot(project_id=None)
    if bot is None:
        return ""
    return "linked" if is_telegram_linked(bot=bot, user_id=user_id) else "offered"
