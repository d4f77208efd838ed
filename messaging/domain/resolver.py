"""The resolver: assembles the route of a message type out of ready stages."""

from collections.abc import Mapping
from dataclasses import dataclass

from messaging.domain.registry import MessageType
from messaging.domain.stages import Stage


@dataclass(frozen=True)
class Context:
    """The configuration that a route is assembled for."""

    without: frozenset[str] = frozenset()


class UnknownStage(Exception):
    """A type lists a stage that nobody provides."""


class Resolver:
    """Finds each stage by `type.stage`, else by `stage`: a type may bring its own version of any of them."""

    def __init__(self, stages: Mapping[str, Stage]) -> None:
        self._stages = stages

    def resolve(self, message_type: MessageType, context: Context) -> list[tuple[str, Stage]]:
        """Return the stages of a type by name, in their order.

        Raises:
            UnknownStage: one isn't there.
        """
        left_out = message_type.optional & context.without
        return [(name, self._find(message_type.name, name)) for name in message_type.stages if name not in left_out]

    def _find(self, type_name: str, stage_name: str) -> Stage:
        for key in (f"{type_name}.{stage_name}", stage_name):
            if key in self._stages:
                return self._stages[key]
        raise UnknownStage(f"{type_name}.{stage_name}")
