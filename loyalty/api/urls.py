"""REST paths of this app, below /api/v1/."""

from django.urls import path

from loyalty.api import member_views, report_views, shop_views, views

PROJECT = "loyalty/projects/<uuid:project_id>/"

urlpatterns = [
    path("me/loyalty/", shop_views.MyLoyaltyView.as_view(), name="my-loyalty"),
    path(f"{PROJECT}members/", member_views.ProjectMembersView.as_view(), name="loyalty-members"),
    path(f"{PROJECT}members/<uuid:member_id>/", member_views.ProjectMemberView.as_view(), name="loyalty-member"),
    path(f"{PROJECT}levels/", shop_views.LevelsView.as_view(), name="loyalty-levels"),
    path(f"{PROJECT}callback/", shop_views.CallbackView.as_view(), name="loyalty-callback"),
    path(
        f"{PROJECT}callback/rotate-key/", shop_views.RotateCallbackKeyView.as_view(), name="loyalty-rotate-callback-key"
    ),
    path(f"{PROJECT}callback-events/", shop_views.CallbackEventsView.as_view(), name="loyalty-callback-events"),
    path(
        f"{PROJECT}callback-events/replay/", shop_views.ReplayCallbacksView.as_view(), name="loyalty-replay-callbacks"
    ),
    path(f"{PROJECT}simulate/", shop_views.SimulationView.as_view(), name="loyalty-simulation"),
    path(f"{PROJECT}stats/", report_views.ReportView.as_view(), name="loyalty-stats"),
    path(f"{PROJECT}transfers/", report_views.TransfersView.as_view(), name="loyalty-transfers"),
    path(f"{PROJECT}transfers/<uuid:transfer_id>/", report_views.TransferView.as_view(), name="loyalty-transfer"),
    path(
        f"{PROJECT}transfers/<uuid:transfer_id>/start/",
        report_views.StartImportView.as_view(),
        name="loyalty-start-import",
    ),
    path(
        f"{PROJECT}transfers/<uuid:transfer_id>/file/",
        report_views.TransferFileView.as_view(),
        name="loyalty-transfer-file",
    ),
    path(f"{PROJECT}signing-keys/", report_views.SigningKeysView.as_view(), name="loyalty-signing-keys"),
    path(
        f"{PROJECT}signing-keys/rotate/",
        report_views.RotateSigningKeyView.as_view(),
        name="loyalty-rotate-signing-key",
    ),
    path("loyalty/projects/", views.ProjectsView.as_view(), name="loyalty-projects"),
    path("loyalty/projects/<uuid:project_id>/", views.ProjectView.as_view(), name="loyalty-project"),
    path(
        "loyalty/projects/<uuid:project_id>/rotate-secret/",
        views.RotateSecretView.as_view(),
        name="loyalty-rotate-secret",
    ),
    path("loyalty/projects/<uuid:project_id>/customers/", views.CustomersView.as_view(), name="loyalty-customers"),
    path(
        "loyalty/projects/<uuid:project_id>/customers/<uuid:customer_id>/transactions/",
        views.TransactionsView.as_view(),
        name="loyalty-transactions",
    ),
    path(
        "loyalty/projects/<uuid:project_id>/transactions/<uuid:transaction_id>/explain/",
        views.ExplanationView.as_view(),
        name="loyalty-explanation",
    ),
    path("loyalty/projects/<uuid:project_id>/webhooks/", views.WebhooksView.as_view(), name="loyalty-webhooks"),
]
