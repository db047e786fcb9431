"""The site's pages, the admin, and accounts as the other templates have them."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("pages.urls")),
    path("accounts/", include("accounts.urls")),
    path("admin/", admin.site.urls),
    *([path("accounts/", include("allauth.urls"))] if settings.APPS else []),
]
