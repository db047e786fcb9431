"""The static analysis as Django system checks, as part of `check`, `runserver`, `migrate` and `test`.

A check never stops a command, because every message is a warning or a note. `check --deploy` has one error with the
number of faults.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, Warning

from .analysis import analyse
from .findings import Finding, Level
from .project import shown
from .rehearsal import one_line


def check_static_references(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Return the findings in the site's own code. `provestatic` reads installed packages as well."""
    try:
        return [as_message(finding) for finding in analyse(third_party=False)]
    except Exception as error:  # noqa: BLE001 - a fault of this app must not stop `migrate` or `runserver`
        message = f"The analysis of static files stopped: {one_line(error)}"
        return [Warning(message, hint="Run `manage.py provestatic` for the traceback.", id="staticproof.W110")]


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
    level = min(finding.level, Level.WARNING)
    message = f"{place(finding)}: {finding.message}" if finding.file else finding.message
    return CheckMessage(int(level), message, hint=finding.hint or None, id=finding.id)


def place(finding: Finding) -> str:
    """Return the place of a finding as `file:line`, or `the site` without a file."""
    if finding.file is None:
        return "the site"
    return f"{shown(finding.file)}:{finding.line}" if finding.line else shown(finding.file)
