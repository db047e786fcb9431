"""`manage.py startapp` makes an app that follows the site's layout."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    with override_settings(BASE_DIR=tmp_path):
        yield tmp_path


def test_the_app_has_namespaced_static_files_and_templates(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("startapp", "startapp_trial")
    assert (root / "startapp_trial/static/startapp_trial/css/startapp_trial.css").is_file()
    template = (root / "startapp_trial/templates/startapp_trial/index.html").read_text()
    assert "{% load static %}" in template
    assert "{% static 'startapp_trial/css/startapp_trial.css' %}" in template
    assert 'path("startapp_trial/", include("startapp_trial.urls"))' in capsys.readouterr().out


def test_a_bad_name_gets_djangos_own_error(root: Path) -> None:
    with pytest.raises(CommandError, match="not a valid app name"):
        call_command("startapp", "2fast")
    assert not list(root.iterdir())


def test_an_existing_folder_is_left_alone(root: Path) -> None:
    (root / "blog").mkdir()
    with pytest.raises(CommandError, match="already exists"):
        call_command("startapp", "blog")


def test_djangos_own_template_is_still_there(root: Path) -> None:
    (root / "plain").mkdir()
    call_command("startapp", "plain", str(root / "plain"))
    assert (root / "plain/views.py").is_file()
    shutil.rmtree(root / "plain")
