"""`manage.py startapp` makes an app in the layout of the site."""

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings


@pytest.fixture
def root(settings: Settings, tmp_path: Path) -> Path:
    settings.BASE_DIR = tmp_path
    return tmp_path


def test_the_app_has_namespaced_static_files_and_templates(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("startapp", "startapp_trial")
    assert (root / "startapp_trial/static/startapp_trial/css/startapp_trial.css").is_file()
    template = (root / "startapp_trial/templates/startapp_trial/index.html").read_text()
    assert "{% load static %}" in template
    assert "{% static 'startapp_trial/css/startapp_trial.css' %}" in template
    assert 'path("startapp_trial/", include("startapp_trial.urls"))' in capsys.readouterr().out
    with pytest.raises(CommandError, match="already exists"):
        call_command("startapp", "startapp_trial")


def test_a_bad_name_gets_the_message_of_django(root: Path) -> None:
    with pytest.raises(CommandError, match="not a valid app name"):
        call_command("startapp", "2fast")
    assert not list(root.iterdir())
