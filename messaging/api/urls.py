"""REST paths of this app, below /api/v1/."""

from django.urls import path

from messaging.api.views import ConversationList, MessageList

urlpatterns = [
    path("conversations/", ConversationList.as_view(), name="conversations"),
    path("conversations/<uuid:conversation_id>/messages/", MessageList.as_view(), name="conversation_messages"),
]
