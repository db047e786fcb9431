"""`python -m staticproof` proves a project without the app in its settings, which load as in production."""

import json
from pathlib import Path

import pytest

from staticproof.__main__ import find_manage

from .conftest import Project
from .prover import Prover
from .test_provestatic import run


@pytest.fixture
def stranger(project: Project) -> Project:
    """Return a project without the app. Its settings print text and read environment variables as strings."""
    project.replace("mysite/settings.py", '"staticproof", ', "")
    project.replace("mysite/settings.py", 'os.environ.get("DEBUG", "True") == "True"', 'bool(int(os.environ["DEBUG"]))')
    project.replace("manage.py", 'if __name__ == "__main__":\n', 'if __name__ == "__main__":\n    print("Hello")\n')
    project.replace("mysite/settings.py", "import os\n", 'import os\n\nprint("Hello")\nos.system("echo Hello")\n')
    return project


def test_a_project_without_the_app_in_its_settings(stranger: Project) -> None:
    before = {path: path.read_bytes() for path in stranger.root.rglob("*.py")}
    done = run(stranger, "--format", "json", DEBUG="1")
    report = json.loads(done.stdout)
    assert (report["ok"], report["stage"], report["findings"]) == (True, "served", []), done.stderr
    assert report["summary"]["static_files_followed"] == 4
    assert {path: path.read_bytes() for path in stranger.root.rglob("*.py")} == before
    assert "Hello" in done.stderr


def test_manage_py_is_found_here_or_in_the_only_folder_with_one(tmp_path: Path) -> None:
    assert find_manage(tmp_path) is None
    for folder in ("b", "a"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "manage.py").touch()
        assert find_manage(tmp_path) == (tmp_path / "b/manage.py" if folder == "b" else None)
    (tmp_path / "manage.py").touch()
    assert find_manage(tmp_path) == tmp_path / "manage.py"


def test_without_a_project_it_exits_with_a_message(project: Project) -> None:
    (project.root / "manage.py").unlink()
    done = run(project)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("There is no manage.py here.")


def test_an_unknown_option_is_one_clear_line(project: Project) -> None:
    done = run(project, "--nonsense")
    assert (done.returncode, done.stdout) == (2, "")
    assert "unrecognized arguments: --nonsense" in done.stderr


def test_the_settings_load_once_and_the_report_is_kept(project: Project) -> None:
    """Only the process of the proof loads the settings, because starting a project takes as long as the proof."""
    project.replace("mysite/settings.py", "USE_I18N = False", 'print("x", file=open(BASE_DIR / "loads", "a"))')
    done = run(project, "--format", "json", "--settings", "mysite.settings")
    assert done.returncode == 0, done.stderr
    assert (project.root / "loads").read_text() == "x\n"
    (kept,) = (project.root / ".cache/django-staticproof").glob("*.proof.json")
    report = json.loads(kept.read_text(encoding="utf-8"))
    assert (report["ok"], report["summary"]["pages"]) == (True, 1)


def test_a_manage_py_that_starts_django_in_its_own_way(project: Project) -> None:
    project.replace("manage.py", "import execute_from_command_line", "import ManagementUtility")
    project.replace("manage.py", "execute_from_command_line(sys.argv)", "ManagementUtility(sys.argv).execute()")
    assert run(project).returncode == 0


@pytest.mark.parametrize(
    "debug",
    [
        'os.environ.get("DEBUG", "1") == "1"',
        'bool(int(os.environ.get("DEBUG", "1")))',
        'bool(os.environ.get("DEBUG", "1"))',
    ],
)
def test_debug_is_off_for_every_way_to_read_the_variable(prover: Prover, project: Project, debug: str) -> None:
    project.replace("mysite/settings.py", 'os.environ.get("DEBUG", "True") == "True"', debug)
    project.replace(
        "mysite/settings.py", "USE_I18N = False", 'TEMPLATES[0]["DIRS"] = [] if DEBUG else TEMPLATES[0]["DIRS"]'
    )
    report = prover.prove(project.root)
    assert (report["findings"], report["remarks"]) == ([], [])


def test_debug_that_is_always_on_is_a_remark(prover: Prover, project: Project) -> None:
    project.replace("mysite/settings.py", 'os.environ.get("DEBUG", "True") == "True"', "True")
    project.replace("mysite/settings.py", "SECURE_SSL_REDIRECT = not DEBUG\n", "")
    report = prover.prove(project.root)
    assert report["findings"] == []
    assert report["remarks"] == ["mysite.settings sets DEBUG = True itself; the proof switched it off afterwards."]


def test_settings_that_load_only_in_development_are_a_warning(prover: Prover, project: Project) -> None:
    project.replace("mysite/settings.py", "USE_I18N = False", 'if not DEBUG:\n    KEY = os.environ["PAYMENT_KEY"]')
    project.replace("mysite/settings.py", "SECURE_SSL_REDIRECT = not DEBUG\n", "")
    (finding,) = prover.prove(project.root)["findings"]
    assert finding["id"] == "staticproof.W089"
    assert finding["message"] == "The settings do not load with DEBUG off: KeyError: 'PAYMENT_KEY'"


def test_manage_py_prepares_the_settings(prover: Prover, project: Project) -> None:
    """Many projects call PyMySQL's `install_as_MySQLdb()` there."""
    project.replace("manage.py", "if __name__", 'sys.modules["shim"] = sys\nif __name__')
    project.replace("mysite/settings.py", "import os\n", "import os\n\nimport shim\n")
    assert prover.prove(project.root)["findings"] == []
