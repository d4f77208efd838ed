"""Sign a user out everywhere, or everywhere else."""

from uuid import UUID

from allauth.usersessions.models import UserSession

from accounts.domain_events import SignInEnded
from bus.services.record_fact import record_fact
from common.transactions import requires_transaction


@requires_transaction
def end_sessions(*, user_id: UUID, except_key: str = "") -> int:
    """End the user's sessions but the one with that key; return how many."""
    sessions = list(UserSession.objects.filter(user_id=user_id).exclude(session_key=except_key))
    for session in sessions:
        session.end()
    record_fact(SignInEnded(user_id=user_id))
    return len(sessions)
