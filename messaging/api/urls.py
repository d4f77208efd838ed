"""REST paths of this app, below /api/v1/."""

from django.urls import path

from messaging.api import attachments, members, people
from messaging.api.views import ConversationList, MessageList, MessageSearch

ONE = "conversations/<uuid:conversation_id>/"

urlpatterns = [
    path("conversations/", ConversationList.as_view(), name="conversations"),
    path("conversations/join/", members.JoinView.as_view(), name="conversation_join"),
    path(ONE + "messages/", MessageList.as_view(), name="conversation_messages"),
    path(ONE + "search/", MessageSearch.as_view(), name="conversation_search"),
    path(ONE + "members/", members.MemberList.as_view(), name="conversation_members"),
    path(ONE + "members/<uuid:user_id>/", members.MemberView.as_view(), name="conversation_member"),
    path(ONE + "invitation/", members.InvitationView.as_view(), name="conversation_invitation"),
    path(ONE + "accept/", members.AcceptView.as_view(), name="conversation_accept"),
    path(ONE + "decline/", members.DeclineView.as_view(), name="conversation_decline"),
    path(ONE + "marks/", members.MarkView.as_view(), name="conversation_marks"),
    path(ONE + "reports/", members.ReportView.as_view(), name="conversation_reports"),
    path("chat/people/", people.PeopleList.as_view(), name="chat_people"),
    path("chat/profile/", people.ProfileView.as_view(), name="chat_profile"),
    path("support/conversations/", people.SupportQueue.as_view(), name="support_queue"),
    path(
        "support/conversations/<uuid:conversation_id>/assignment/",
        people.SupportAssignment.as_view(),
        name="support_assignment",
    ),
    path("attachments/storage-webhook/", attachments.StorageWebhook.as_view(), name="storage_webhook"),
    path("attachments/uploads/<str:token>/", attachments.receive_upload, name="attachment_upload"),
    path("attachments/<uuid:attachment_id>/", attachments.AttachmentView.as_view(), name="attachment"),
    path("attachments/files/<str:ticket>/", attachments.send_file, name="attachment_file"),
]
