"""Pages of this app."""

from django.urls import path

from loyalty.pages import customer_views, file_views, key_views, people_views, rules_views, views, webhook_views

urlpatterns = [
    path("shop/", views.shops, name="shops"),
    path("shop/<uuid:project_id>/", views.shop, name="shop"),
    path("shop/<uuid:project_id>/customers/", customer_views.customers, name="shop-customers"),
    path("shop/<uuid:project_id>/customers/<uuid:customer_id>/", customer_views.customer, name="shop-customer"),
    path("shop/<uuid:project_id>/webhooks/", webhook_views.webhooks, name="shop-webhooks"),
    path("shop/<uuid:project_id>/try/", webhook_views.try_out, name="shop-try"),
    path("shop/<uuid:project_id>/rules/", rules_views.rules, name="shop-rules"),
    path("shop/<uuid:project_id>/people/", people_views.people, name="shop-people"),
    path("shop/<uuid:project_id>/people/<uuid:member_id>/remove/", people_views.remove, name="shop-remove-member"),
    path("shop/<uuid:project_id>/keys/", key_views.keys, name="shop-keys"),
    path("shop/<uuid:project_id>/keys/secret/", key_views.replace_secret, name="shop-replace-secret"),
    path("shop/<uuid:project_id>/keys/signing/", key_views.replace_signing_key, name="shop-replace-signing-key"),
    path("shop/<uuid:project_id>/keys/callback/", key_views.change_callback, name="shop-change-callback"),
    path("shop/<uuid:project_id>/keys/callback-key/", key_views.replace_callback_key, name="shop-replace-callback-key"),
    path("shop/<uuid:project_id>/files/", file_views.files, name="shop-files"),
    path("shop/<uuid:project_id>/files/<uuid:transfer_id>/", file_views.file, name="shop-file"),
    path("shop/<uuid:project_id>/files/<uuid:transfer_id>/start/", file_views.start, name="shop-start-import"),
]
