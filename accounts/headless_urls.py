"""allauth's headless API for programs: signing up, proving an address and resetting a password.

It has doors that give a session; they are left out, so that signing in happens where a second factor is asked for.
"""

from allauth.headless.account import views as account
from allauth.headless.base import views as general
from allauth.headless.constants import Client
from django.urls import include, path

APP = Client.APP

account_patterns = [
    path("signup", account.SignupView.as_api_view(client=APP), name="signup"),
    path("email/verify", account.VerifyEmailView.as_api_view(client=APP), name="verify_email"),
    path("password/request", account.RequestPasswordResetView.as_api_view(client=APP), name="request_password_reset"),
    path("password/reset", account.ResetPasswordView.as_api_view(client=APP), name="reset_password"),
]
patterns = [
    path("config", general.ConfigView.as_api_view(client=APP), name="config"),
    path("auth/", include((account_patterns, "headless"), namespace="account")),
]

app_name = "headless"
urlpatterns = [path("app/v1/", include((patterns, "headless"), namespace="app"))]
