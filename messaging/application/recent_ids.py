"""What this node has acknowledged lately: most repetitions come soon, and over the same node."""

from collections import OrderedDict
from dataclasses import replace

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
        if parcel.stored is None or parcel.draft is None or parcel.stored.is_duplicate:
            return
        key = (parcel.draft.sender_id, parcel.draft.id)
        self._stored[key] = replace(parcel.stored, is_duplicate=True, members=(), fingerprint=parcel.draft.fingerprint)
        if len(self._stored) > REMEMBERED:
            self._stored.popitem(last=False)
