"""The static analysis as Django system checks: where people look, in `check`, `runserver`, `migrate` and `test`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage

from .analysis import analyse, missing_parsers
from .findings import Finding, Level
from .project import shown


def check_static_references(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """The findings in the site's own code, each with its place first. Installed packages are left to `provestatic`."""
    messages = [as_message(finding) for finding in analyse(third_party=False)]
    if settings.DEBUG and (missing := missing_parsers()):
        # In production they are absent on purpose, and what is deployed has been proven before.
        hint = f"Install {', '.join(missing)}: `manage.py provestatic` needs them."
        finding = Finding(108, Level.NOTE, "Stylesheets and scripts are not read: their parsers are missing.", hint)
        messages.append(as_message(finding))
    return messages


def as_message(finding: Finding) -> CheckMessage:
    """A finding as Django prints it: place and sentence, hint, id."""
    place = ""
    if finding.file is not None:
        place = f"{shown(finding.file)}:{finding.line}: " if finding.line else f"{shown(finding.file)}: "
    return CheckMessage(int(finding.level), f"{place}{finding.message}", hint=finding.hint or None, id=finding.id)
