"""The Dockerfile and compose.yaml, in every way that needs no container engine."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import PRODUCTION, Site, run
from servers import HTTPS, free_port, get

from production.images import Stage, build, can_be_built, process_1, steps_of
from production.services import Redis

BUILT_HERE = pytest.mark.skipif(not can_be_built(), reason="only root on Linux can mount the overlays of a build")
SCRIPTS = Path(sysconfig.get_path("scripts"))


@pytest.fixture(scope="module")
def context(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a developer who builds an image: with a secret, a database, an upload and static files in it."""
    path = tmp_path_factory.mktemp("context") / "my-site"
    shutil.copytree(site.path, path, ignore=shutil.ignore_patterns(".venv"))
    (path / "db.sqlite3").write_text("rows of this machine")
    (path / "media").mkdir()
    (path / "media" / "letter.pdf").write_text("a user's")
    return path


@pytest.fixture(scope="module")
def image(site: Site, context: Path, tmp_path_factory: pytest.TempPathFactory) -> Stage:
    if not can_be_built():
        pytest.skip("only root on Linux can mount the overlays of a build")
    uv = shutil.which("uv")
    assert uv
    images = tmp_path_factory.mktemp("images")
    (images / "uv").mkdir()
    shutil.copy(uv, images / "uv" / "uv")
    cache = Path(run(uv, "cache", "dir", cwd=images).stdout.strip())
    network = {name: value for name, value in os.environ.items() if name.startswith(("SSL_", "UV_", "HTTP", "HOME"))}
    return build(
        context, images / "stages", site.python.resolve(), {"astral/uv:0.13": images / "uv", "cache": cache}, **network
    )


# --- What can be read -----------------------------------------------------------------------------------------------


def test_hadolint_is_content(site: Site) -> None:
    done = run(SCRIPTS / "hadolint", "--failure-threshold", "style", "Dockerfile", cwd=site.path)
    assert done.returncode == 0, done.stdout


def test_compose_yaml_follows_the_specification(site: Site) -> None:
    command = (sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", "compose.yaml")
    done = run(*command, cwd=site.path)
    assert done.returncode == 0, done.stdout


def test_the_image_has_the_python_that_the_site_asks_for(site: Site) -> None:
    version = (site.path / ".python-version").read_text().strip()
    steps = steps_of((site.path / "Dockerfile").read_text())
    assert {step.words.split()[0] for step in steps if step.instruction == "FROM"} == {f"python:{version}-slim"}


def interpolated(text: str, **given: str) -> Any:
    """compose.yaml as Compose reads it, with the variables of .env. Raises KeyError for one that is missing."""

    def value(match: re.Match[str]) -> str:
        name, how, word = match.groups()
        if given.get(name):
            return given[name]
        if how != "-":
            raise KeyError(f"{name}: {word}")
        return word

    return yaml.safe_load(re.sub(r"\$\{(\w+):([-?])([^}]*)\}", value, text))


@pytest.fixture(scope="module")
def compose(site: Site) -> dict[str, Any]:
    services = interpolated((site.path / "compose.yaml").read_text(), SECRET_KEY="of-dot-env")["services"]
    assert isinstance(services, dict)
    return services


def test_compose_takes_the_secret_from_dot_env_and_says_where_it_is_missing(site: Site) -> None:
    text = (site.path / "compose.yaml").read_text()
    with pytest.raises(KeyError, match=r"SECRET_KEY: Copy .env.example to .env"):
        interpolated(text)
    written = dict(line.split("=", 1) for line in (site.path / ".env").read_text().splitlines() if line[:1].isalpha())
    services = interpolated(text, **written)["services"]
    assert services["web"]["environment"]["SECRET_KEY"] == written["SECRET_KEY"]
    assert "DEBUG" not in services["web"]["environment"], "what .env turns on is for development"


def test_compose_starts_the_site_when_its_services_are_well(compose: dict[str, Any]) -> None:
    awaited = {name: waiting["condition"] for name, waiting in compose["web"]["depends_on"].items()}
    assert awaited == {
        "database": "service_healthy", "cache": "service_healthy", "migrate": "service_completed_successfully",
    }  # fmt: skip
    assert "healthcheck" in compose["database"]
    assert "healthcheck" in compose["cache"]
    assert compose["migrate"]["command"] == ["python", "manage.py", "migrate", "--no-input"]
    assert "restart" not in compose["migrate"], "it ends, and is not to start again"


def test_compose_shows_nothing_to_the_network(compose: dict[str, Any]) -> None:
    assert [port for service in compose.values() for port in service.get("ports", [])] == ["127.0.0.1:8000:8000"]


def test_compose_lets_requests_end(site: Site, compose: dict[str, Any]) -> None:
    graceful = re.search(r"graceful_timeout = (\d+)", (site.path / "gunicorn.conf.py").read_text())
    assert graceful
    assert int(compose["web"]["stop_grace_period"].removesuffix("s")) > int(graceful[1])


def test_compose_gives_only_variables_that_the_site_reads(site: Site, compose: dict[str, Any]) -> None:
    settings = (site.path / "config" / "settings.py").read_text()
    for name in compose["web"]["environment"]:
        assert f'("{name}"' in settings, name


# --- What can be run ------------------------------------------------------------------------------------------------


@BUILT_HERE
def test_the_image_holds_the_site_and_nothing_of_the_developer(image: Stage) -> None:
    app = image.files / "app"
    assert (app / "staticfiles" / "staticfiles.json").is_file()
    for left_out in (".env", "db.sqlite3", "media", ".git", "tests", "staticproof/tests", "Dockerfile"):
        assert not (app / left_out).exists(), left_out


@BUILT_HERE
def test_the_image_has_what_production_needs_and_no_tool_of_the_build(image: Stage) -> None:
    installed = {path.name.lower() for path in (image.files / "venv").glob("lib/python3*/site-packages/*")}
    assert {"django", "gunicorn", "whitenoise"} <= installed
    assert not {"pytest", "ruff", "tree_sitter", "tinycss2", "pip"} & installed
    assert not list(image.files.glob("**/uv")), "uv is a tool of the build"
    with pytest.raises(RuntimeError, match="No module named pip"):
        image.run("/usr/local/bin/python", "-m", "pip", "--version")


@BUILT_HERE
def test_everything_is_compiled_for_a_quick_start(image: Stage) -> None:
    for module in ("app/config/settings.py", "venv/lib/python3*/site-packages/django/__init__.py"):
        (source,) = image.files.glob(module)
        assert list(source.parent.glob(f"__pycache__/{source.stem}.*.pyc")), source


@BUILT_HERE
def test_its_user_can_change_nothing_but_the_data(image: Stage) -> None:
    assert int(image.user) > 0
    with pytest.raises(RuntimeError, match="Permission denied"):
        image.run("touch", "/app/config/settings.py")
    with pytest.raises(RuntimeError, match="Permission denied"):
        image.run("touch", "/venv/planted.py")
    image.run("touch", "/data/upload")
    (image.files / "data" / "upload").unlink()


def wait_for(probe: Callable[[], bool], seconds: float = 30) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if probe():
            return True
        time.sleep(0.1)
    return False


class Container:
    """The image running as `docker run --read-only --tmpfs /tmp --volume data:/data` would run it."""

    def __init__(self, image: Stage, folder: Path, **environment: str) -> None:
        self.image, self.port, self.log = image, free_port(), folder / "container.log"
        self.data = folder / "data"
        self.data.mkdir()
        os.chown(self.data, int(image.user), int(image.user))  # as a new volume has it from the image
        self.environment = {"PORT": str(self.port)} | environment
        self.process: subprocess.Popen[Any] | None = None

    def once(self, *command: str) -> str:
        return self.image.run(*command, more=self.environment, mounts={"/data": self.data}, read_only=True)

    def start(self) -> None:
        command = self.image.exec_forms["CMD"]
        self.process = self.image.start(*command, log=self.log, mounts={"/data": self.data}, **self.environment)

    def is_healthy(self) -> bool:
        try:
            self.once(*self.image.exec_forms["HEALTHCHECK"])
        except RuntimeError:
            return False
        return True

    def stop(self) -> int:
        """What an engine does: SIGTERM to process 1. Returns its exit code."""
        assert self.process
        os.kill(process_1(self.process), signal.SIGTERM)
        return self.process.wait(30)


@pytest.fixture
def container(image: Stage, tmp_path: Path) -> Iterator[Callable[..., Container]]:
    made: list[Container] = []

    def make(**environment: str) -> Container:
        made.append(Container(image, tmp_path, **environment))
        return made[-1]

    yield make
    for each in made:
        if each.process and each.process.poll() is None:
            os.kill(process_1(each.process), signal.SIGKILL)  # with it ends all that it has started
            each.process.wait(30)


@BUILT_HERE
def test_it_runs_on_a_read_only_root_with_its_data_in_a_volume(container: Callable[..., Container]) -> None:
    running = container(**{name: PRODUCTION[name] for name in ("SECRET_KEY", "ALLOWED_HOSTS")})
    running.once("python", "manage.py", "migrate", "--no-input")
    assert (running.data / "db.sqlite3").stat().st_uid == int(running.image.user)
    assert not running.is_healthy(), "nothing has been started yet"
    running.start()
    assert wait_for(running.is_healthy), running.log.read_text()
    response, body = get(running.port, "/")
    assert response.status == 200
    stylesheet = re.search(rb"/static/css/site\.[0-9a-f]+\.css", body)
    assert stylesheet
    assert get(running.port, stylesheet[0].decode())[0].headers["Cache-Control"].endswith("immutable")
    assert get(running.port, "/readyz", {})[0].status == 200
    assert running.stop() == 0
    said = running.log.read_text()
    assert "Handling signal: term" in said
    assert "Traceback" not in said
    assert not running.is_healthy(), "a stopped server"


@BUILT_HERE
def test_without_its_variables_it_says_what_is_missing_and_ends(container: Callable[..., Container]) -> None:
    running = container()
    running.start()
    assert running.process
    assert running.process.wait(30) != 0
    assert re.search(r"(?s)SECRET_KEY.*ALLOWED_HOSTS", running.log.read_text())


@BUILT_HERE
def test_compose_runs_it_on_postgresql_and_redis_over_plain_http(
    container: Callable[..., Container], compose: dict[str, Any], new_database: Callable[[], str], redis: Redis
) -> None:
    services = {"DATABASE_URL": new_database(), "CACHE_URL": redis.url}
    running = container(**{name: str(value) for name, value in compose["web"]["environment"].items()} | services)
    said = running.once(*compose["migrate"]["command"])
    assert "Applying accounts.0001_initial... OK" in said
    running.start()
    assert wait_for(running.is_healthy), running.log.read_text()
    assert get(running.port, "/", {"Host": "localhost"})[0].status == 200
    assert get(running.port, "/readyz", {"Host": "localhost"})[0].status == 200
    assert get(running.port, "/accounts/login/", HTTPS)[0].status == 200
    assert running.stop() == 0
