"""Why the messenger refuses something: each code reaches the client in a `nack`."""


class Refusal(Exception):
    """A refusal of one object; `retry_after` (seconds) says when the same object may be accepted."""

    def __init__(self, code: str, *, retry_after: float | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.retry_after = retry_after


# The body is not what its kind asks for.
INVALID = "invalid"
# An object is larger than 16 KiB.
TOO_BIG = "too_big"
# The conversation is not there, or the sender is not in it: the two can't be told apart from outside.
NO_CONVERSATION = "no_conversation"
# The person is not there, or shares no conversation with the sender.
NO_PERSON = "no_person"
# The message that an edit, a deletion or a reaction refers to is not there, or is deleted.
NO_MESSAGE = "no_message"
# The sender's role does not allow it.
NOT_ALLOWED = "not_allowed"
# One of the two has blocked the other.
BLOCKED = "blocked"
# A moderator has closed the conversation.
CLOSED = "closed"
# The person written to has not accepted yet.
REQUEST_PENDING = "request_pending"
# The id has named another message before: an id stands for one user action.
CONFLICT = "conflict"
# The sender's credits are spent.
CREDITS = "credits"
# More than a person says: this was not taken, something later will be.
SLOW_DOWN = "slow_down"
# As much as a user may upload in a day is uploaded.
QUOTA = "quota"
# The buffers are full: nothing was accepted, nothing is lost.
OVERLOAD = "overload"
# A signal that was seen before.
DUPLICATE = "duplicate"
# The store doesn't answer; whether the object was stored is not known, so the client tries the same id again.
UNAVAILABLE = "unavailable"


class PortUnavailable(Exception):
    """What stands behind a port doesn't answer."""


class Abuse(Exception):
    """More is said than anybody means: the socket is closed with 4029."""


class ProtocolError(Exception):
    """The client doesn't speak the protocol: the socket is closed with 4003."""
