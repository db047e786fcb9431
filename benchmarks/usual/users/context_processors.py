# mypy: ignore-errors
"""A setting of allauth for the templates."""

from django.conf import settings


def allauth_settings(request):
    return {"ACCOUNT_ALLOW_REGISTRATION": settings.ACCOUNT_ALLOW_REGISTRATION}
