"""`manage.py startapp` makes an app in the layout of the site."""

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings


def test_the_app_has_namespaced_static_files_and_templates(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.BASE_DIR = root = tmp_path
    call_command("startapp", "startapp_trial")
    assert (root / "startapp_trial/static/startapp_trial/css/startapp_trial.css").is_file()
    assert (root / "startapp_trial/static/startapp_trial/js/startapp_trial.js").is_file()
    template = (root / "startapp_trial/templates/startapp_trial/index.html").read_text()
    assert "{% load static %}" in template
    assert "{% static 'startapp_trial/css/startapp_trial.css' %}" in template
    assert 'path("startapp_trial/", include("startapp_trial.urls"))' in capsys.readouterr().out
    with pytest.raises(CommandError, match="already exists"):
        call_command("startapp", "startapp_trial")
