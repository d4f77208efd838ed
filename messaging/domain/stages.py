"""What a stage is, and the names by which types list them."""

from typing import ClassVar, Protocol

from messaging.domain.parcels import Parcel

# Generation of a system message on the server.
GENERATE = "generate"
# Format, rights.
VALIDATE = "validate"
# Seen before, under the same sender and id?
DEDUPLICATE = "deduplicate"
SPEND_CREDIT = "spend_credit"
# Into the store, together with the outbox row.
PERSIST = "persist"
# The signed address that a file goes to.
ISSUE_UPLOAD = "issue_upload"
# To the sender, after the commit.
ACK = "ack"
# Into the ring of recent messages.
CACHE = "cache"
# To the nodes where the recipients are, and there into their sockets.
DELIVER = "deliver"
# On the recipient's node: until the device confirms.
AWAIT_RECEIPT = "await_receipt"
# A confirmation ends the wait.
RELEASE = "release"
# Cursors of the recipient.
STORE_STATE = "store_state"
# Read what was asked for.
READ = "read"
# The end of every route: answers, refusals, compensations.
FINALIZE = "finalize"


class Stage(Protocol):
    """A step of a route: takes a batch, returns the parcels that go on.

    A parcel that it refuses goes to the last stage of its route, whatever stands between. One that it doesn't return
    ends here, or goes on later and elsewhere.
    """

    # Up to how many parcels it takes at once, and how long it waits for more of them after the first.
    batch: ClassVar[int]
    linger_seconds: ClassVar[float]
    # Whether whoever sends a message waits for this stage: the acknowledgement or the delivery comes after it.
    is_awaited: ClassVar[bool]
    # How many batches it works on at once; parcels of one lane keep their order.
    lanes: int

    def lane_of(self, parcel: Parcel) -> int: ...

    async def run(self, parcels: list[Parcel]) -> list[Parcel]: ...


class SimpleStage:
    """What most stages have in common: one lane, batches as they come."""

    batch: ClassVar[int] = 250
    linger_seconds: ClassVar[float] = 0.0
    is_awaited: ClassVar[bool] = True
    lanes: int = 1

    def lane_of(self, parcel: Parcel) -> int:
        return 0
