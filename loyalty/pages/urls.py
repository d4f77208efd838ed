"""Pages of this app."""

from django.urls import path

from loyalty.pages import views

urlpatterns = [
    path("shop/", views.shops, name="shops"),
    path("shop/<uuid:project_id>/", views.shop, name="shop"),
]
