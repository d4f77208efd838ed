"""What this node has acknowledged lately: most repetitions come soon, and over the same node."""

from collections import OrderedDict

from messaging.application.ports import MessageKey
from messaging.domain.parcels import Parcel, Stored

REMEMBERED = 20_000


class RecentIds:
    """Saves the look into the store; what it doesn't know, the store finds under its lock."""

    def __init__(self) -> None:
        self._stored: OrderedDict[MessageKey, Stored] = OrderedDict()

    def find(self, key: MessageKey) -> Stored | None:
        return self._stored.get(key)

    def remember(self, parcel: Parcel) -> None:
        stored, draft = parcel.stored, parcel.draft
        if stored is None or draft is None or stored.is_duplicate:
            return
        self._stored[draft.sender_id, draft.id] = Stored(
            stored.conversation_id, stored.seq, stored.at, is_duplicate=True, members=(), fingerprint=draft.fingerprint
        )
        if len(self._stored) > REMEMBERED:
            self._stored.popitem(last=False)
