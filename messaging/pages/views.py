"""The chat page. It can be read without JavaScript; writing needs it."""

import uuid
from typing import Any, cast

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.selectors import get_user
from common.problems import NotFound
from common.transactions import use_case
from events.actors import Actor
from events.selectors.events import get_readable_event
from messaging.adapters.orm import acquaintance, selectors
from messaging.domain.limits import TEXT_CHARACTERS
from messaging.pages.state import conversation_state, is_command, listed, message_state, shown_text, title_of, words
from messaging.wiring import answer_request, open_conversation

LISTED = 100
SUGGESTED = 20
SHOWN = 50


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def chat(request: HttpRequest) -> HttpResponse:
    """List the conversations; `?with=<user>` and `?event=<event>` offer to begin one, and POST begins it."""
    if request.method == "POST":
        asked = request.POST.get("with", "")
        is_support = asked == "support"
        with use_case():
            conversation_id, _ = open_conversation(
                actor_id=caller_of(request),
                kind="support" if is_support else "direct",
                member_ids=[] if is_support else [id_in(asked)],
                title="",
                handle=request.POST.get("handle", "")[:41],
                now=timezone.now(),
            )
        return redirect("chat_conversation", conversation_id=conversation_id)
    offer = offer_of(request)
    handle = request.GET.get("handle", "").strip()[:41]
    people = acquaintance.list_people(user_id=caller_of(request), handle=handle)[:SUGGESTED]
    return render(request, "messaging/chat.html", page_of(request) | offer | {"handle": handle, "people": list(people)})


@login_required
@never_cache
@require_safe
def conversation(request: HttpRequest, conversation_id: uuid.UUID) -> HttpResponse:
    """Show a conversation beside the list."""
    user_id = caller_of(request)
    opened: Any = selectors.get_conversation(user_id=user_id, conversation_id=conversation_id)
    latest = selectors.list_last_messages(user_id=user_id, conversation_id=conversation_id, limit=SHOWN + 1)
    shown = latest[-SHOWN:]
    # Of a very large conversation not all members are listed; of who is read here the name is wanted.
    unlisted = {one.sender_id for one in shown} - {member.user_id for member in opened.present}
    if unlisted:
        members = selectors.list_members(user_id=user_id, conversation_id=conversation_id)
        opened.present = [*opened.present, *members.filter(user_id__in=unlisted)]
    reactions = selectors.list_reactions(conversation_id=conversation_id, after_seq=shown[0].seq - 1 if shown else 0)
    page = page_of(request, including=opened)
    page["state"] = page["state"] | {
        "conversationId": str(opened.pk),
        "messages": [message_state(message, reactions.get(message.seq, {})) for message in shown],
        "hasOlder": len(latest) > SHOWN,
    }
    names = {member.user_id: member.user.public_name for member in opened.present}
    lines = [
        {"message": message, "name": names.get(message.sender_id, ""), "text": shown_text(message)}
        for message in shown
        if not is_command(message)
    ]
    title = title_of(opened, me=user_id)
    page["is_asked"] = opened.requested_by_id is not None and opened.requested_by_id != user_id
    return render(request, "messaging/chat.html", page | {"opened": opened, "title": title, "lines": lines})


@login_required
@require_POST
def answer(request: HttpRequest, conversation_id: uuid.UUID) -> HttpResponse:
    """Accept a stranger's request, or decline it."""
    is_accepted = request.POST.get("answer") == "accept"
    settle = answer_request.accept if is_accepted else answer_request.decline
    with use_case():
        settle(actor_id=caller_of(request), conversation_id=conversation_id)
    return redirect("chat_conversation", conversation_id=conversation_id) if is_accepted else redirect("chat")


def offer_of(request: HttpRequest) -> dict[str, Any]:
    """Return whom the address offers to write to: a person, or who holds an event; and the event's chat, if one is in it."""
    if "with" in request.GET:
        return {"other": get_user(user_id=id_in(request.GET["with"]))}
    if "event" not in request.GET:
        return {}
    user_id = caller_of(request)
    event = get_readable_event(actor=Actor(user_id=user_id), event_id=id_in(request.GET["event"]))
    hosts = [one for one in acquaintance.event_hosts(event_id=event.pk) if one != user_id]
    other = get_user(user_id=hosts[0]) if hosts else None
    return {"other": other, "event": event, "event_chat": selectors.find_event_chat(user_id=user_id, event_id=event.pk)}


def caller_of(request: HttpRequest) -> uuid.UUID:
    """Return who asks; the pages let nobody in who isn't signed in."""
    return cast("uuid.UUID", request.user.pk)


def page_of(request: HttpRequest, *, including: Any = None) -> dict[str, Any]:
    """Return what both pages show."""
    conversations = list(selectors.list_conversations(user_id=caller_of(request))[:LISTED])
    if including is not None:
        # Itself, with what was added to it.
        conversations = [including if one == including else one for one in conversations]
        conversations += [including] if including not in conversations else []
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
