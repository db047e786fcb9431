"""The static analysis in `check`, with installed packages, and with cached results."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from .analyser import Analyser
from .conftest import Project

HOME = "blog/templates/blog/home.html"
IMAGE = '<img src="{% static \'blog/imgs/dot.svg\' %}" alt="A dot">'
PACKAGE = "site-packages/gadget"


@pytest.fixture
def with_package(project: Project) -> Project:
    """Return the project with an installed package that has many faults."""
    project.write(f"{PACKAGE}/__init__.py", "")
    project.write(f"{PACKAGE}/templates/gadget/a.html", "{% load static %}\n{% static 'gadget/no.css' %}")
    project.write(f"{PACKAGE}/templates/gadget/b.html", '{% load nonsense %}<img src="/static/x.png">')
    project.write(f"{PACKAGE}/static/gadget/a.css", "a { background: url(no.png) }")
    project.write(f"{PACKAGE}/static/gadget/a.js", "import './no.js'; fetch('/static/x.png')")
    project.write(f"{PACKAGE}/static/style.css", "a { background: url(no.png) }")
    project.write(
        f"{PACKAGE}/apps.py",
        "from django import forms\nfrom django.apps import AppConfig\n\n\n"
        "class Gadget(AppConfig):\n    name = 'gadget'\n\n\n"
        "class Widget(forms.Widget):\n    class Media:\n        js = ['gadget/no.js']\n",
    )
    project.replace("mysite/settings.py", '["blog", ', '["blog", "gadget", ')
    project.replace("mysite/settings.py", "import os\n", "import os\nimport sys\n")
    project.replace("mysite/settings.py", "DEBUG =", 'sys.path.append(str(BASE_DIR / "site-packages"))\nDEBUG =')
    return project


def test_faults_of_installed_packages_are_notes(with_package: Project, analyser: Analyser) -> None:
    found = analyser.run(with_package.root, third_party=True)["findings"]
    assert sorted((finding["id"].removeprefix("staticproof."), Path(finding["file"]).name) for finding in found) == [
        ("I004", "a.html"),
        ("I021", "b.html"),
        ("I022", "a.js"),
        ("I041", "a.css"),
        ("I041", "style.css"),
        ("I052", "a.js"),
        ("I104", "b.html"),
    ]


def test_the_system_checks_do_not_report_installed_packages(with_package: Project, analyser: Analyser) -> None:
    result = analyser.run(with_package.root, messages=True)
    assert result["findings"] == []
    assert result["messages"] == []


def test_check_shows_place_message_and_hint(project: Project) -> None:
    project.replace(HOME, IMAGE, "{% static 'blog/imgs/dott.svg' %}")
    run = project.manage("check")
    assert run.returncode == 0  # a check never blocks
    assert f"(staticproof.E004) {HOME}:4: 'blog/imgs/dott.svg' is in no static folder (with any storage)." in run.stderr
    assert "HINT: Did you mean {% static 'blog/imgs/dot.svg' %}?" in run.stderr
    assert "1 issue" in run.stderr


def test_the_deployment_checks_have_one_error_with_the_number_of_faults(project: Project) -> None:
    assert "staticproof" not in project.manage("check", "--deploy", "--tag", "staticproof").stderr
    project.replace(HOME, IMAGE, "{% static 'a.svg' %}{% static 'b.svg' %}{% static post.image %}")
    run = project.manage("check", "--deploy", "--tag", "staticproof")
    assert run.returncode == 1
    assert "(staticproof.E100) 2 faults in the references to static files." in run.stderr
    assert run.stderr.count("(staticproof.W009)") == 1


def test_a_site_without_any_server_of_static_files(project: Project) -> None:
    project.write(
        "sitecustomize.py",
        "import importlib.util\nfind = importlib.util.find_spec\n"
        "importlib.util.find_spec = lambda name, package=None: None if name == 'whitenoise' else find(name, package)\n",
    )
    project.replace("mysite/settings.py", '    "whitenoise.middleware.WhiteNoiseMiddleware",\n', "")
    path = f"{project.root}{os.pathsep}{project.environment().get('PYTHONPATH', '')}"
    run = project.manage("check", PYTHONPATH=path)
    assert run.returncode == 0
    assert "staticproof" not in run.stderr


def imported(project: Project, module: str) -> subprocess.CompletedProcess[str]:
    """Import a module of the project in a process where Django is set up."""
    return subprocess.run(
        [sys.executable, "-c", f"import django; django.setup(); import {module}"],
        cwd=project.root,
        env=project.environment() | {"DJANGO_SETTINGS_MODULE": "mysite.settings"},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )


def test_a_changed_file_is_read_again(project: Project) -> None:
    project.write("again.py", AGAIN)
    run = imported(project, "again")
    assert run.stdout.split() == ["0", "staticproof.E004", "0"], run.stderr


AGAIN = f"""\
import os
import subprocess
import sys
from pathlib import Path
from staticproof.analysis import analyse

home = Path("{HOME}")
text = home.read_text()
print(len(analyse()))
home.write_text(text.replace("dot.svg", "dott.svg"))
print(*(finding.id for finding in analyse()))
home.write_text(text)
print(len(analyse()))
"""


LIVING = """\
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from staticproof.analysis import analyse

HOME = Path("blog/templates/blog/home.html")
pool = ThreadPoolExecutor(2)


def found():
    first, second = pool.map(lambda _: analyse(third_party=False), range(2))
    assert first == second
    return " ".join(finding.id.removeprefix("staticproof.") for finding in first) or "-"


def write(path, text):
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(text)


print(found())
write(HOME, "{% load static %}{% static 'shop/a.css' %}{% static 'imgs/new.svg' %}")
print(found(), "two missing files")
write("static/imgs/new.svg", "<svg/>")
print(found(), "one exists")
write("shop/static/shop/a.css", "a{}")
print(found(), "a new folder of static files in an app")
write("shop/templates/shop/list.html", "{% static 'shop/a.css' %}")
print(found(), "a new folder of templates in an app")
shutil.rmtree("shop/templates")
Path("static/imgs/new.svg").rename("static/imgs/New.svg")
print(found(), "a file with another case")
write("static/js/site.js", "import {a} from 'b';")
print(found(), "a bare module")
write("package.json", '{"dependencies": {"b": "1"}}')
print(found(), "a source for a bundler")
"""


def test_a_long_process_sees_every_change(project: Project) -> None:
    """The folders of apps, the index of files and the files of a build are not kept from one run to the next."""
    project.write("shop/__init__.py", "")
    project.replace("mysite/settings.py", '["blog", ', '["blog", "shop", ')
    project.write("living.py", LIVING)
    run = imported(project, "living")
    assert [line.partition(" a")[0].split()[:2] for line in run.stdout.splitlines()] == [
        ["-"],
        ["E004", "E004"],
        ["E004", "one"],
        ["-"],
        ["E001"],
        ["E005"],
        ["E005", "W052"],
        ["E005"],
    ], run.stderr


LEARNING = """\
import staticproof.reading.memory as memory
import os
import subprocess
import sys
from pathlib import Path
from staticproof.analysis import analyse

memory.WORTHWHILE = 1000
print(len(analyse()), Path(".cache").exists())
memory.WORTHWHILE = 0
print(len(analyse()), Path(".cache").exists())
"""

KNOWING = """\
import staticproof.reading.templates
from staticproof.analysis import analyse

staticproof.reading.templates.read_django = None
print(len(analyse()))
"""

DISTRUSTING = """\
import staticproof.analysis
import staticproof.reading.memory as memory
import os
import subprocess
import sys
from pathlib import Path

(file,) = Path(".cache").rglob("*.pickle")
good = file.read_bytes()
for mode, content in ((0o666, good), (0o600, b"cos\\nsystem\\n(S'touch owned'\\ntR."), (0o600, b""), (0o600, good)):
    file.write_bytes(content)
    file.chmod(mode)
    memory.load(Path.cwd())
    print(len(memory._known) > 0, Path("owned").exists())
"""


def test_slow_results_are_cached_for_the_next_process(project: Project) -> None:
    """Save only to the user's cache folder, only when it saves time, and load only from a trusted file."""

    def printed(script: str) -> list[str]:
        project.write("script.py", script)
        run = imported(project, "script")
        assert run.returncode == 0, run.stderr
        return run.stdout.splitlines()

    assert printed(LEARNING) == ["0 False", "0 True"]
    assert printed(KNOWING) == ["0"]  # without a compiler, the result must come from the other process
    assert printed(DISTRUSTING) == ["False False", "False False", "False False", "True False"]


def test_settings_split_over_several_modules(project: Project, analyser: Analyser) -> None:
    text = (project.root / "mysite/settings.py").read_text(encoding="utf-8")
    project.write(
        "mysite/base.py", text.replace('STATIC_ROOT = BASE_DIR / "staticfiles"', 'STATIC_ROOT = BASE_DIR / "static"')
    )
    project.write("mysite/settings.py", "from .base import *\n")
    found = analyser.run(project.root)["findings"]
    assert [(finding["id"], finding["file"], finding["line"]) for finding in found] == [
        ("staticproof.E064", "mysite/base.py", 24)
    ]
