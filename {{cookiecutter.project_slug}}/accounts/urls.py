"""The URLs of Django's views for signing in and out, and for changing and resetting a password."""

from django.urls import include, path

from accounts.views import PasswordResetView

urlpatterns = [
    path("password_reset/", PasswordResetView.as_view(), name="password_reset"),
    path("", include("django.contrib.auth.urls")),
]
