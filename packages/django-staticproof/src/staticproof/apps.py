"""The configuration of this app."""

from collections.abc import Callable
from typing import Any

from django.apps import AppConfig
from django.core import checks


class StaticproofConfig(AppConfig):
    """Register the system checks under the tag `staticproof`."""

    name = "staticproof"
    verbose_name = "Static file proof"

    def ready(self) -> None:
        checks.register(_check("check_static_references"), "staticproof")
        checks.register(_check("check_static_deployment"), "staticproof", deploy=True)


def _check(name: str) -> Callable[..., list[checks.CheckMessage]]:
    """Return a check that imports `checks.py` when it runs, because a server in production never runs it."""

    def check(**kwargs: Any) -> list[checks.CheckMessage]:
        from . import checks as ours

        return getattr(ours, name)(**kwargs)  # type: ignore[no-any-return]

    return check
