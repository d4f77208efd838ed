"""Pages of this app."""

from django.urls import path

from messaging.pages import views

urlpatterns = [
    path("chat/", views.chat, name="chat"),
    path("chat/<uuid:conversation_id>/", views.conversation, name="chat_conversation"),
    path("chat/<uuid:conversation_id>/answer/", views.answer, name="chat_answer"),
]
