from messaging.models.attachment import Attachment
from messaging.models.conversation import Conversation, Membership
from messaging.models.message import Message, MessageId, Reaction
from messaging.models.person import ChatProfile
from messaging.models.report import MessageReport

__all__ = [
    "Attachment",
    "ChatProfile",
    "Conversation",
    "Membership",
    "Message",
    "MessageId",
    "MessageReport",
    "Reaction",
]
