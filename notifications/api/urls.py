"""REST paths of this app, below /api/v1/."""

from django.urls import path

from notifications.api import addresses, campaigns, mine, views

urlpatterns = [
    path("notifications/events/", views.EventsView.as_view()),
    path("notifications/events/batch/", views.EventBatchView.as_view()),
    path("notifications/events/<uuid:event_id>/", views.EventView.as_view()),
    path("notifications/event-types/", views.EventTypesView.as_view()),
    path("notifications/jobs/", views.JobsView.as_view()),
    path("notifications/campaigns/", campaigns.CampaignsView.as_view()),
    path("notifications/campaigns/<uuid:campaign_id>/", campaigns.CampaignView.as_view()),
    path("notifications/campaigns/<uuid:campaign_id>/start/", campaigns.StartView.as_view()),
    path("notifications/campaigns/<uuid:campaign_id>/pause/", campaigns.PauseView.as_view()),
    path("notifications/campaigns/<uuid:campaign_id>/resume/", campaigns.ResumeView.as_view()),
    path("notifications/campaigns/<uuid:campaign_id>/cancel/", campaigns.CancelView.as_view()),
    path("notifications/recipients/<uuid:user_id>/", views.RecipientView.as_view()),
    path("notifications/unsubscribe/<str:token>/", mine.UnsubscribeView.as_view()),
    path("me/notifications/", mine.InboxView.as_view()),
    path("me/notifications/unread/", mine.UnreadView.as_view()),
    path("me/notifications/read/", mine.ReadView.as_view()),
    path("me/notification-preferences/", mine.PreferencesView.as_view()),
    path("me/telegram-link/", addresses.TelegramLinkView.as_view()),
    path("me/notification-webhooks/", addresses.WebhooksView.as_view()),
    path("me/notification-webhooks/<uuid:webhook_id>/", addresses.WebhookView.as_view()),
    path("me/app-push-tokens/", addresses.AppTokensView.as_view()),
    path("me/push-subscriptions/", mine.PushSubscriptionsView.as_view()),
    path("me/push-subscriptions/key/", mine.PushKeyView.as_view()),
    path("me/push-subscriptions/<uuid:subscription_id>/", mine.PushSubscriptionView.as_view()),
]
