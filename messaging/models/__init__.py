from messaging.models.conversation import Conversation, Membership
from messaging.models.message import Message, MessageId

__all__ = ["Conversation", "Membership", "Message", "MessageId"]
