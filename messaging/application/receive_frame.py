"""Take in a frame of a client: 1 to 64 objects, one per line."""

import json
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from math import inf
from typing import Any
from uuid import UUID

import msgspec

from messaging.application.ports import Outlet
from messaging.application.sessions import Session
from messaging.application.stages.finalize import nack_of
from messaging.application.topics import Topics
from messaging.domain import limits
from messaging.domain.errors import INVALID, SLOW_DOWN, TOO_BIG, Abuse, ProtocolError
from messaging.domain.messages import Hello, Nack, Pong, Subscribe, Unsubscribe, encode
from messaging.domain.parcels import Origin, Parcel
from messaging.domain.patience import UNREADABLE_WEIGHT
from messaging.domain.pipeline import Observer, Pipeline
from messaging.domain.registry import OnOverflow, Registry


class Envelope(msgspec.Struct):
    """What can be read of an object that can't be accepted, to name it in the refusal."""

    id: UUID | None = None


guest_objects = msgspec.json.Decoder(Subscribe | Unsubscribe | Pong)
envelope = msgspec.json.Decoder(Envelope)


class ReceiveFrame:
    def __init__(self, registry: Registry, pipeline: Pipeline, topics: Topics, observer: Observer) -> None:
        self._registry = registry
        self._pipeline = pipeline
        self._observer = observer
        self._topics = topics
        self._decoder = registry.decoder(Hello, Pong, Subscribe, Unsubscribe)

    def hello(self, frame: bytes) -> tuple[Hello, bytes]:
        """Return the greeting, and what came with it in the same frame.

        Raises:
            ProtocolError: the first object isn't one.
        """
        first, _, rest = frame.partition(b"\n")
        if len(frame) > limits.FRAME_BYTES or len(first) > limits.OBJECT_BYTES:
            raise ProtocolError("frame too large")
        try:
            hello = self._decoder.decode(first)
        except (msgspec.MsgspecError, RecursionError) as error:
            raise ProtocolError("not an object of this protocol") from error
        if not isinstance(hello, Hello):
            raise ProtocolError("say hello first")
        return hello, rest

    def __call__(self, frame: bytes, session: Session) -> None:
        """Send each object on its route; an object that can't be read or taken is refused alone.

        Raises:
            ProtocolError: the frame itself is beyond the limits, or not JSON.
            Abuse: the sender goes on though everything is refused.
        """
        if len(frame) > limits.FRAME_BYTES:
            raise ProtocolError("frame too large")
        lines = [line for line in frame.split(b"\n") if line]
        if len(lines) > limits.FRAME_OBJECTS:
            raise ProtocolError("too many objects in a frame")
        origin = Origin(session.id, session.user_id)
        now = time.monotonic()
        parcels: list[Parcel] = []
        impatient: list[Parcel] = []
        for line in lines:
            message = self._decode(line, session)
            if message is None:
                session.patience.spend(UNREADABLE_WEIGHT, now=now)
                continue
            if isinstance(message, Hello):
                raise ProtocolError("hello was said already")
            if isinstance(message, Pong | Subscribe | Unsubscribe):
                if session.patience.spend(1, now=now) and not isinstance(message, Pong):
                    self._follow(message, session.outlet)
                continue
            parcel = Parcel(self._registry.of(message), origin, message, now)
            (parcels if session.patience.spend(parcel.type.weight, now=now) else impatient).append(parcel)
        if session.patience.is_over(now=now):
            raise Abuse("goes on though everything is refused")
        if impatient:
            self._refuse(self._hold_back(impatient, session), session)
        self._refuse(self._turn_away(self._pipeline.offer(parcels), session), session)

    @staticmethod
    def _turn_away(refused: Sequence[Parcel], session: Session) -> Sequence[Parcel]:
        """Bear nobody a grudge for the node's own load: a client that comes back with all it has kept isn't hostile."""
        for parcel in refused:
            if parcel.type.policy.longest_wait_seconds < inf:
                session.patience.give_back(parcel.type.weight)
        return refused

    def _hold_back(self, parcels: Sequence[Parcel], session: Session) -> Iterator[Parcel]:
        """Refuse what is said too fast; what is worth nothing a moment later is left out without a word."""
        for name, count in Counter(parcel.type.name for parcel in parcels).items():
            self._observer.dropped(name, "intake", reason=SLOW_DOWN, count=count)
        for parcel in parcels:
            if parcel.type.policy.on_overflow is OnOverflow.REFUSE:
                parcel.refuse(SLOW_DOWN, retry_after=session.patience.wait_seconds(parcel.type.weight))
                yield parcel

    def from_guest(self, frame: bytes, outlet: Outlet) -> None:
        """Let somebody who hasn't signed in follow topics, and do nothing else.

        Raises:
            ProtocolError: they say anything else.
        """
        if len(frame) > limits.OBJECT_BYTES:
            raise ProtocolError("frame too large")
        for line in filter(None, frame.split(b"\n")):
            try:
                message = guest_objects.decode(line)
            except (msgspec.MsgspecError, RecursionError) as error:
                raise ProtocolError("sign in to say this") from error
            if not isinstance(message, Pong):
                self._follow(message, outlet)

    def _follow(self, message: Subscribe | Unsubscribe, outlet: Outlet) -> None:
        if isinstance(message, Unsubscribe):
            self._topics.unfollow(outlet, message.topics)
        elif not self._topics.follow(outlet, message.topics):
            outlet.offer(encode(Nack(code=INVALID)))

    def _decode(self, line: bytes, session: Session) -> Any:
        code = INVALID
        if len(line) <= limits.OBJECT_BYTES:
            try:
                return self._decoder.decode(line)
            except msgspec.ValidationError:
                pass
            except RecursionError as error:
                raise ProtocolError("nested too deeply to be anything of this protocol") from error
            except msgspec.DecodeError as error:
                found = unreadable_but_json(line)
                if found is None:
                    raise ProtocolError("not JSON") from error
                session.give(encode(Nack(code=code, id=found.id)))
                return None
        else:
            code = TOO_BIG
        session.give(encode(Nack(code=code, id=id_of(line))))
        return None

    @staticmethod
    def _refuse(refused: Iterable[Parcel], session: Session) -> None:
        for parcel in refused:
            session.give(encode(nack_of(parcel)))


def unreadable_but_json(line: bytes) -> Envelope | None:
    """Return what is known of an object that JSON allows and no text can hold, such as half of a pair of surrogates.

    Browsers let people enter it; were the socket closed, they would send it again for ever.
    """
    try:
        return msgspec.convert({"id": json.loads(line).get("id")}, Envelope)
    except (ValueError, RecursionError, AttributeError):
        return None


def id_of(line: bytes) -> UUID | None:
    try:
        return envelope.decode(line).id
    except (msgspec.MsgspecError, RecursionError):
        return None
