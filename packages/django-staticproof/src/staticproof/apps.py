"""Django's entry to this app."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core import checks


class StaticproofConfig(AppConfig):
    """Registers the system checks under the tag `staticproof`."""

    name = "staticproof"
    verbose_name = "Static file proof"

    def ready(self) -> None:
        checks.register(check_static_references, "staticproof")


def check_static_references(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[checks.CheckMessage]:
    """The checks of `checks.py`, loaded when they run: a server in production never does."""
    from .checks import check_static_references as check

    return check(app_configs, **kwargs)
