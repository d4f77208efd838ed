"""REST paths of this app, below /api/v1/."""

from django.urls import path

from loyalty.api import views

urlpatterns = [
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
