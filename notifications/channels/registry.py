"""Which adapter serves which channel."""

from types import TracebackType
from typing import Self

from notifications.channels.email import EmailChannel
from notifications.channels.in_app import InAppChannel
from notifications.channels.ports import ChannelAdapter
from notifications.channels.push import PushChannel

ADAPTERS: dict[str, type[ChannelAdapter]] = {"email": EmailChannel, "push": PushChannel, "in_app": InAppChannel}
# Channels that reach people at an address of theirs.
NEEDS_CONTACT_POINT = frozenset({"email", "push"})


class OpenChannels:
    """The adapters that a batch of jobs has needed so far."""

    def __init__(self) -> None:
        self._open: dict[str, ChannelAdapter] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for adapter in self._open.values():
            adapter.close()

    def get(self, channel: str) -> ChannelAdapter:
        if channel not in self._open:
            self._open[channel] = ADAPTERS[channel]()
        return self._open[channel]
