"""No mistake in a template or an asset stops a command or the development server."""

from __future__ import annotations

import pytest
from django.core.checks import WARNING

from staticproof import checks

from .conftest import Project
from .mistakes import MISTAKES

COMMAND = """
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    def handle(self, *args, **options):
        self.stdout.write("hello from the owner")
"""


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_a_warning_of_every_command(project: Project, mistake: str) -> None:
    number, *change = MISTAKES[mistake]
    project.write("blog/management/__init__.py", "")
    project.write("blog/management/commands/__init__.py", "")
    project.write("blog/management/commands/greet.py", COMMAND)
    project.replace(*change)
    for command in (["migrate", "--verbosity", "0"], ["makemigrations", "--check"], ["greet"]):
        done = project.manage(*command)
        assert done.returncode == 0, done.stderr
        assert f"staticproof.{number}" in done.stderr


def test_an_exception_of_the_analysis_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "analyse", lambda **_: 1 / 0)
    [message] = checks.check_static_references(None)
    assert (message.id, message.level) == ("staticproof.W110", WARNING)
    assert message.msg == "The analysis of static files stopped: ZeroDivisionError: division by zero"
