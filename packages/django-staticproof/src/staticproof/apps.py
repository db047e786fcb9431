"""The configuration of this app."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core import checks


class StaticproofConfig(AppConfig):
    """Register the system checks under the tag `staticproof`."""

    name = "staticproof"
    verbose_name = "Static file proof"

    def ready(self) -> None:
        checks.register(check_static_references, "staticproof")
        checks.register(check_static_deployment, "staticproof", deploy=True)


def check_static_references(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[checks.CheckMessage]:
    """Run the check of `checks.py`. Import it here, because a server in production never runs it."""
    from .checks import check_static_references as check

    return check(app_configs, **kwargs)


def check_static_deployment(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[checks.CheckMessage]:
    """Run the deployment check of `checks.py`."""
    from .checks import check_static_deployment as check

    return check(app_configs, **kwargs)
