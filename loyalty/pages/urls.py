"""Pages of this app."""

from django.urls import path

from loyalty.pages import file_views, views

urlpatterns = [
    path("shop/", views.shops, name="shops"),
    path("shop/<uuid:project_id>/", views.shop, name="shop"),
    path("shop/<uuid:project_id>/files/", file_views.files, name="shop-files"),
    path("shop/<uuid:project_id>/files/<uuid:transfer_id>/", file_views.file, name="shop-file"),
    path("shop/<uuid:project_id>/files/<uuid:transfer_id>/start/", file_views.start, name="shop-start-import"),
]
