"""The chat page. It can be read without JavaScript; writing needs it."""

import uuid
from typing import Any, cast

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.selectors import get_user
from common.problems import NotFound
from common.transactions import use_case
from messaging.adapters.orm import selectors
from messaging.domain.limits import TEXT_CHARACTERS
from messaging.pages.state import conversation_state, listed, message_state, title_of, words
from messaging.wiring import open_conversation

LISTED = 100
SHOWN = 50


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def chat(request: HttpRequest) -> HttpResponse:
    """List the conversations; `?with=<user>` offers to begin one, and POST begins it."""
    if request.method == "POST":
        other_id = id_in(request.POST.get("with", ""))
        with use_case():
            conversation_id, _ = open_conversation(
                actor_id=caller_of(request), kind="direct", member_ids=[other_id], title="", now=timezone.now()
            )
        return redirect("chat_conversation", conversation_id=conversation_id)
    other = get_user(user_id=id_in(request.GET["with"])) if "with" in request.GET else None
    return render(request, "messaging/chat.html", page_of(request) | {"other": other})


@login_required
@never_cache
@require_safe
def conversation(request: HttpRequest, conversation_id: uuid.UUID) -> HttpResponse:
    """Show a conversation beside the list."""
    user_id = caller_of(request)
    opened: Any = selectors.get_conversation(user_id=user_id, conversation_id=conversation_id)
    latest = selectors.list_last_messages(user_id=user_id, conversation_id=conversation_id, limit=SHOWN + 1)
    shown = latest[-SHOWN:]
    page = page_of(request, including=opened)
    page["state"] = page["state"] | {
        "conversationId": str(opened.pk),
        "messages": [message_state(message) for message in shown],
        "hasOlder": len(latest) > SHOWN,
    }
    names = {member.user_id: member.user.public_name for member in opened.present}
    lines = [{"message": message, "name": names.get(message.sender_id, "")} for message in shown]
    title = title_of(opened, me=user_id)
    return render(request, "messaging/chat.html", page | {"opened": opened, "title": title, "lines": lines})


def caller_of(request: HttpRequest) -> uuid.UUID:
    """Return who asks; the pages let nobody in who isn't signed in."""
    return cast("uuid.UUID", request.user.pk)


def page_of(request: HttpRequest, *, including: Any = None) -> dict[str, Any]:
    """Return what both pages show."""
    conversations = list(selectors.list_conversations(user_id=caller_of(request))[:LISTED])
    if including is not None and including not in conversations:
        conversations.append(including)
    return {
        "socket_url": f"{settings.CHAT_URL}/ws/chat/",
        "text_characters": TEXT_CHARACTERS,
        "listed": listed(conversations, me=request.user.pk),
        "state": {"conversations": [conversation_state(one) for one in conversations]},
        "words": words(),
    }


def id_in(text: str) -> uuid.UUID:
    """Return the id that a form or an address gives.

    Raises:
        NotFound: it isn't one.
    """
    try:
        return uuid.UUID(text)
    except ValueError as error:
        raise NotFound from error
