"""The static analysis as Django system checks, as part of `check`, `runserver`, `migrate` and `test`.

A check never stops a command, because every message is a warning or a note. `check --deploy` has one error with the
number of faults.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error

from .analysis import analyse
from .findings import Finding, Level
from .project import shown


def check_static_references(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Return the findings in the site's own code. `provestatic` reads installed packages as well."""
    return [as_message(finding) for finding in analyse(third_party=False)]


def check_static_deployment(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Return one error with the number of faults in the site's own code, for `check --deploy`."""
    errors = [finding for finding in analyse(third_party=False) if finding.level == Level.ERROR]
    if not errors:
        return []
    faults = "1 fault" if len(errors) == 1 else f"{len(errors)} faults"
    message = f"{faults} in the references to static files. The warnings of the tag `staticproof` name them."
    return [Error(message, hint="Run `manage.py provestatic` for the whole proof.", id="staticproof.E100")]


def as_message(finding: Finding) -> CheckMessage:
    """Return a finding as a message of Django's checks. An error becomes a warning with the id of the error."""
    place = ""
    if finding.file is not None:
        place = f"{shown(finding.file)}:{finding.line}: " if finding.line else f"{shown(finding.file)}: "
    level = min(finding.level, Level.WARNING)
    return CheckMessage(int(level), f"{place}{finding.message}", hint=finding.hint or None, id=finding.id)
