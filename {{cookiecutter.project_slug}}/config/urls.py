"""Every URL of the site starts here."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from config.media import uploaded

urlpatterns = [
    path("", include("pages.urls")),
    path("accounts/", include("accounts.urls")),
    path(settings.ADMIN_URL, admin.site.urls),
    *([] if settings.AWS_STORAGE_BUCKET_NAME else [path(f"{settings.MEDIA_URL.lstrip('/')}<path:path>", uploaded)]),
]
if "django_browser_reload" in settings.DEVELOPMENT_APPS:
    urlpatterns += [path("__reload__/", include("django_browser_reload.urls"))]
if "debug_toolbar" in settings.DEVELOPMENT_APPS:
    urlpatterns += [path("__debug__/", include("debug_toolbar.urls"))]
