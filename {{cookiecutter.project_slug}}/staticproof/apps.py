"""Django's entry to this app."""

from django.apps import AppConfig
from django.core import checks


class StaticproofConfig(AppConfig):
    """Registers the system checks under the tag `staticproof`."""

    name = "staticproof"
    verbose_name = "Static file proof"

    def ready(self) -> None:
        from .checks import check_static_references

        checks.register(check_static_references, "staticproof")
