"""Delivery: to the nodes where the recipients are, one message per node and batch."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from uuid import UUID

from messaging.application.deliver_here import DeliverToSockets
from messaging.application.ports import Nodes
from messaging.application.whereabouts import Whereabouts
from messaging.domain.errors import PortUnavailable
from messaging.domain.parcels import Announcement, Delivery, Parcel
from messaging.domain.stages import SimpleStage


class Deliver(SimpleStage):
    """Absent people aren't tried. Publishing may fail or get lost: the other nodes read the outbox as well."""

    def __init__(self, *, node_id: str, whereabouts: Whereabouts, nodes: Nodes, deliver_here: DeliverToSockets) -> None:
        self._node_id = node_id
        self._whereabouts = whereabouts
        self._nodes = nodes
        self._deliver_here = deliver_here

    async def run(self, parcels: list[Parcel]) -> list[Parcel]:
        announcements = [one for parcel in parcels if (one := announcement_of(parcel)) is not None]
        await self.announce(announcements, is_exact=any(one.is_ephemeral for one in announcements))
        # Ephemeral ones end with their route; chat goes on where its recipients are.
        return [parcel for parcel in parcels if parcel.stored is None]

    async def announce(self, announcements: Collection[Announcement], *, is_exact: bool = False) -> None:
        """Bring announcements to people's sockets, here and on other nodes.

        `is_exact`: nothing else brings them to who has come to another node a moment ago.
        """
        if not announcements:
            return
        await self._deliver_here([delivery_of(one, one.to) for one in announcements])
        people = {user_id for one in announcements for user_id in one.to}
        try:
            nodes_of = await self._whereabouts.nodes_of(people, is_exact=is_exact)
            elsewhere = self._sort_by_node(announcements, nodes_of)
            if elsewhere:
                await self._nodes.publish(elsewhere)
        except PortUnavailable:
            return

    def _sort_by_node(
        self, announcements: Collection[Announcement], nodes_of: Mapping[UUID, Collection[str]]
    ) -> dict[str, list[Delivery]]:
        elsewhere: dict[str, list[Delivery]] = defaultdict(list)
        for announcement in announcements:
            people_on: dict[str, list[UUID]] = defaultdict(list)
            for user_id in announcement.to:
                for node_id in nodes_of.get(user_id, ()):
                    if node_id != self._node_id:
                        people_on[node_id].append(user_id)
            for node_id, people in people_on.items():
                elsewhere[node_id].append(delivery_of(announcement, people))
        return elsewhere


def announcement_of(parcel: Parcel) -> Announcement | None:
    """Return what an earlier stage has made of it, or make it now."""
    if isinstance(parcel.answer, Announcement):
        return parcel.answer
    return parcel.type.announce(parcel)


def delivery_of(announcement: Announcement, to: Collection[UUID]) -> Delivery:
    return Delivery(
        to=list(to),
        payload=announcement.payload,
        conversation_id=announcement.conversation_id,
        seq=announcement.seq,
        is_ephemeral=announcement.is_ephemeral,
        except_session=announcement.except_session,
    )
