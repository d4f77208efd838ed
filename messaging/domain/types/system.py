"""A system message: made by the server, sent straight to sockets of this node, neither acknowledged nor stored."""

from messaging.domain import stages
from messaging.domain.registry import MessageType, OnOverflow, Policy

SYSTEM = MessageType(
    name="system",
    stages=(stages.GENERATE, stages.DELIVER),
    policy=Policy(on_overflow=OnOverflow.DROP, buffer=100),
)
