"""Numbers that clients are told in `welcome` and that docs/chat-protocol.md explains."""

SUBPROTOCOL = "aquastream.chat.v1"

FRAME_BYTES = 64 * 1024
OBJECT_BYTES = 16 * 1024
FRAME_OBJECTS = 64
TEXT_CHARACTERS = 4000
PAGE_MESSAGES = 100
# A page is cut before it fills half of a socket's queue (QUEUE_BYTES).
PAGE_BYTES = 480 * 1024
HEADS = 1000
POSITIONS = 256
WATCHED = 100
# What JavaScript counts exactly.
GREATEST_SEQ = 2**53 - 1

# The queue of one socket; ephemeral objects are left out from half of it on.
QUEUE_OBJECTS = 256
QUEUE_BYTES = 1024 * 1024
SEND_SECONDS = 10.0

# Of one person on one node.
SOCKETS = 100

# A message that would wait longer than this for its turn is refused before anything is promised.
LONGEST_WAIT_SECONDS = 0.15

HELLO_SECONDS = 10.0
HEARTBEAT_SECONDS = 25.0
# When a device has not confirmed a message, it gets it again after these, then when it reconnects.
REDELIVER_AFTER_SECONDS = (5.0, 15.0)
SIGNAL_TTL_SECONDS = 60

CREDITS = 50
CREDIT_SECONDS = 10


class Close:
    """Close codes of the socket."""

    NOT_SIGNED_IN = 4001
    PROTOCOL_ERROR = 4003
    TOO_SLOW = 4008
    DRAINING = 4009
    STATE_LOST = 4010
    ABUSE = 4029
