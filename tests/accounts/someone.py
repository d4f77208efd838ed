"""A person whom every app knows something about, and what is left of them."""

from django.db import connection
from django.utils import timezone

from accounts.models import User
from accounts.services.queue_mail import queue_mail
from common.transactions import use_case
from events.models import EventReport, Favorite
from loyalty.models import Customer, Project
from loyalty.services.find_platform_customer import find_platform_customer
from messaging.models import ChatProfile, MessageReport, Reaction
from notifications.models import InboxItem, Preference
from reviews.services.vote_helpful import vote_helpful
from tests.bookings.test_erase_person import let_pass, traveller
from tests.factories.accounts import make_account, make_token
from tests.factories.events import make_event
from tests.factories.loyalty import make_shop
from tests.factories.messaging import make_attachment, make_direct, make_message
from tests.factories.notifications import make_job, make_recipient
from tests.factories.reviews import make_published_review

# Found nowhere but in what was told about this person.
NAME, EMAIL, PHONE, WORDS = "Zhozefina", "zhozefina@mail.example", "+79990001122", "Quetzalcoatl"
# Facts already stated: gone after a week, as docs/limits.md says. The audit log tells ids only, but is read too.
PASSING = {"bus_outboxrow"}


def make_someone() -> User:
    """Make somebody with a past: an event attended and reviewed, talks, points, notifications, wishes."""
    user = make_account(email=EMAIL, display_name=NAME, handle="zhozefina", phone=PHONE, birth_on="1990-04-12")
    make_token(user, name=WORDS)
    with use_case():
        queue_mail(recipient=EMAIL, subject=WORDS, text="https://…")
    let_pass(traveller(user))
    _let_review(user)
    _let_talk(user)
    _let_be_notified(user)
    event = make_event()
    Favorite.objects.create(user=user, event=event)
    EventReport.objects.create(user=user, event=event, reason="spam", comment=WORDS)
    _let_have_points(user)
    return user


def _let_review(user: User) -> None:
    make_published_review(author=user, text=f"{WORDS} was a guide such as I have never seen before.")
    liked = make_published_review()
    with use_case():
        vote_helpful(review_id=liked.id, voter_id=user.id, now=timezone.now())


def _let_talk(user: User) -> None:
    conversation = make_direct(user)
    said = make_message(conversation, user, WORDS)
    heard = make_message(conversation, conversation.memberships.exclude(user=user).get().user, "hello")
    make_attachment(conversation, user, name=f"{WORDS}.pdf")
    Reaction.objects.create(conversation_id=conversation.id, seq=heard.seq, user_id=user.id, emoji="👍")
    MessageReport.objects.create(conversation=conversation, seq=said.seq, reporter=user, reason="spam", comment=WORDS)
    ChatProfile.objects.create(user=user)


def _let_be_notified(user: User) -> None:
    recipient = make_recipient(email=EMAIL, external_id=user.id, display_name=NAME)
    sent = make_job(
        recipient=recipient, status="sent", next_attempt_at=None, finished_at=timezone.now(), context={"n": NAME}
    )
    make_job(recipient=recipient, status="queued", context={"name": NAME})
    InboxItem.objects.create(recipient=recipient, job=sent, title=WORDS, text=WORDS)
    Preference.objects.create(recipient=recipient, category="marketing", channel="email", is_enabled=False)


def _let_have_points(user: User) -> None:
    platform = Project.objects.filter(is_platform=True).first() or make_shop(is_platform=True).project
    with use_case():
        customer = find_platform_customer(project=platform, user_id=user.id)
    Customer.objects.filter(id=customer.id).update(name=NAME, phone=PHONE, referral_code=WORDS[:16])


def traces_of(*words: str) -> dict[str, int]:
    """Return in how many rows of which tables one of the words stands, in whatever column."""
    found: dict[str, int] = {}
    with connection.cursor() as sql:
        for table in sorted(set(connection.introspection.table_names()) - PASSING):
            looking = " OR ".join(["row::text ILIKE %s"] * len(words))
            sql.execute(f'SELECT count(*) FROM "{table}" AS row WHERE {looking}', [f"%{word}%" for word in words])  # noqa: S608
            count = sql.fetchone()[0]
            if count:
                found[table] = count
    return found
