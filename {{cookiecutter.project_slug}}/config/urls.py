"""Every URL of the site starts here."""

from django.conf import settings
from django.conf.urls.static import static
from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("pages.urls")),
    path("accounts/", include("accounts.urls")),
    path(settings.ADMIN_URL, admin.site.urls),
    *static(settings.MEDIA_URL, document_root=settings.MEDIA_ROOT),  # in development only: empty without DEBUG
]
if "django_browser_reload" in settings.DEVELOPMENT_APPS:
    urlpatterns += [path("__reload__/", include("django_browser_reload.urls"))]
if "debug_toolbar" in settings.DEVELOPMENT_APPS:
    urlpatterns += [path("__debug__/", include("debug_toolbar.urls"))]
