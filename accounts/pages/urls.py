"""Pages of this app."""

from django.urls import path

from accounts.pages import privacy, views

urlpatterns = [
    path("account/", views.account, name="accounts_account"),
    path("account/code/", views.code, name="accounts_code"),
    path("account/step-up/", views.step_up, name="accounts_step_up"),
    path("account/tokens/", views.create_token, name="accounts_create_token"),
    path("account/tokens/<uuid:token_id>/revoke/", views.revoke, name="accounts_revoke_token"),
    path("account/sessions/end/", views.end_other_sessions, name="accounts_end_sessions"),
    path("account/privacy/", privacy.privacy, name="accounts_privacy"),
    path("account/privacy/export/", privacy.order, name="accounts_order_export"),
    path("account/privacy/export/file/", privacy.take, name="accounts_take_export"),
    path("account/privacy/erase/", privacy.erase, name="accounts_erase"),
    path("account/second-factor/", views.second_factor, name="accounts_second_factor"),
    path("account/second-factor/link/", views.send_enrolment_link, name="accounts_send_enrolment_link"),
    path("account/second-factor/link/<str:signed>/", views.enrolment_link, name="accounts_enrolment_link"),
    path("account/second-factor/codes/", views.new_backup_codes, name="accounts_backup_codes"),
    path("account/second-factor/remove/", views.remove, name="accounts_remove_second_factor"),
]
