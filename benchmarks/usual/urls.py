"""The URLs of the usual layout."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import TemplateView

urlpatterns = [
    path("", TemplateView.as_view(template_name="pages/home.html"), name="home"),
    path("about/", TemplateView.as_view(template_name="pages/about.html"), name="about"),
    path("admin/", admin.site.urls),
    path("users/", include("usual.users.urls", namespace="users")),
    path("accounts/", include("allauth.urls")),
]
