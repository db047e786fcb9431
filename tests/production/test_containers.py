"""The Dockerfile and compose.yaml, as far as they can be tested without a container engine.

The steps of the Dockerfile run in a folder, as a process that may write nowhere but to its data.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from conftest import PRODUCTION, Site, run
from servers import HTTPS, free_port, get

from production.load import until
from production.proxies import caddy, plain_caddy
from production.services import Redis

SCRIPTS = Path(sysconfig.get_path("scripts"))
# The commands that this module runs in place of an engine. A change of the Dockerfile needs a look at `image`.
COMMANDS = [
    "uv sync --locked --no-default-groups",
    "/venv/bin/python manage.py collectstatic --no-input --verbosity 0 && /venv/bin/python -m compileall -q .",
    "pip uninstall --yes --quiet --root-user-action=ignore pip && "
    "useradd --system --uid 10001 --no-create-home site && install --directory --owner=site /data",
]
FOR_DEPENDENCIES = ["pyproject.toml", "uv.lock", ".python-version", "vendor"]


class Step(NamedTuple):
    instruction: str
    words: str


def steps(site: Site) -> list[Step]:
    """Return the instructions of the Dockerfile, with continued lines joined and without comments."""
    lines = [line for line in (site.path / "Dockerfile").read_text().splitlines() if not line.startswith("#")]
    joined = re.sub(r"\\\n *", "", "\n".join(lines))
    return [Step(*line.split(maxsplit=1)) for line in joined.splitlines() if line.strip()]


def words_of(site: Site, instruction: str) -> list[str]:
    return [step.words for step in steps(site) if step.instruction == instruction]


@dataclass
class Image:
    """The result of the build: /app, /venv and what the last stage sets."""

    folder: Path
    environment: dict[str, str]
    command: list[str]
    health: list[str]

    def here(self, text: str) -> str:
        """Replace the image's paths by those of this folder."""
        return re.sub(r"/(venv|app)(?=[/:]|$)", rf"{self.folder}/\1", text)


@pytest.fixture(scope="module")
def image(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Image]:
    folder = tmp_path_factory.mktemp("image")
    context, app, venv = folder / "context", folder / "app", folder / "venv"
    shutil.copytree(site.path, context, ignore=shutil.ignore_patterns(".venv"))
    (context / "db.sqlite3").write_text("rows of this machine")
    (context / "media").mkdir()
    (context / "media" / "letter.pdf").write_text("an upload")
    app.mkdir()
    assert words_of(site, "COPY")[1:4] == [" ".join(FOR_DEPENDENCIES[:3]) + " ./", "vendor vendor", ". ."]
    for name in FOR_DEPENDENCIES:
        copy = shutil.copytree if (context / name).is_dir() else shutil.copy
        copy(context / name, app / name)
    build = {"UV_PROJECT_ENVIRONMENT": str(venv), "UV_PYTHON": str(site.python.resolve()), "UV_LINK_MODE": "copy"}
    variables = dict(word.split("=", 1) for word in shlex.split(words_of(site, "ENV")[0]))
    assert {"UV_COMPILE_BYTECODE": "1", "UV_PROJECT_ENVIRONMENT": "/venv"}.items() <= variables.items()
    synced = run("uv", *COMMANDS[0].split()[1:], cwd=app, **build, UV_COMPILE_BYTECODE="1")
    assert synced.returncode == 0, synced.stderr
    ignored = [line for line in (context / ".dockerignore").read_text().splitlines() if line[:1] not in {"", "#"}]
    patterns = shutil.ignore_patterns(*(line.removeprefix("**/") for line in ignored))
    shutil.copytree(context, app, ignore=patterns, dirs_exist_ok=True)
    for command in COMMANDS[1].split(" && "):
        done = subprocess.run(
            shlex.split(command.replace("/venv/", f"{venv}/")), cwd=app, env={"PATH": os.defpath},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    environment = dict(word.split("=", 1) for word in shlex.split(words_of(site, "ENV")[1]))
    made = Image(folder, environment, *(json.loads(words_of(site, name)[0].split("CMD ")[-1]) for name in EXEC_FORMS))
    subprocess.run(["chmod", "-R", "a-w", app, venv], check=True)
    yield made
    subprocess.run(["chmod", "-R", "u+w", app, venv], check=True)


EXEC_FORMS = ("CMD", "HEALTHCHECK")


# --- What can be read -----------------------------------------------------------------------------------------------


def test_hadolint_has_no_finding(site: Site) -> None:
    done = run(SCRIPTS / "hadolint", "--failure-threshold", "style", "Dockerfile", cwd=site.path)
    assert done.returncode == 0, done.stdout


def test_the_commands_of_the_dockerfile_are_those_that_are_tested_here(site: Site) -> None:
    assert [re.sub(r"--mount=\S+ ", "", words) for words in words_of(site, "RUN")] == COMMANDS


def test_the_image_does_not_run_as_root(site: Site) -> None:
    assert int(words_of(site, "USER")[0]) > 0


def test_the_image_has_the_python_that_the_site_asks_for(site: Site) -> None:
    version = (site.path / ".python-version").read_text().strip()
    assert {words.split()[0] for words in words_of(site, "FROM")} == {f"python:{version}-slim"}


def test_compose_yaml_follows_the_specification(site: Site) -> None:
    command = (sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", "compose.yaml")
    done = run(*command, cwd=site.path)
    assert done.returncode == 0, done.stdout


def interpolated(site: Site, **given: str) -> Any:
    """Return the services of compose.yaml as Compose reads them, with the variables of .env.

    Raises:
        KeyError: a required variable is missing.
    """

    def value(match: re.Match[str]) -> str:
        name, how, word = match.groups()
        if given.get(name):
            return given[name]
        if how != "-":
            raise KeyError(f"{name}: {word}")
        return word

    text = (site.path / "compose.yaml").read_text()
    return yaml.safe_load(re.sub(r"\$\{(\w+):([-?])([^}]*)\}", value, text))["services"]


@pytest.fixture(scope="module")
def compose(site: Site) -> dict[str, Any]:
    services = interpolated(site, SECRET_KEY="of-dot-env")
    assert isinstance(services, dict)
    return services


def test_compose_takes_the_secret_from_dot_env_or_names_it(site: Site) -> None:
    with pytest.raises(KeyError, match=r"SECRET_KEY: Copy .env.example to .env"):
        interpolated(site)
    written = dict(line.split("=", 1) for line in (site.path / ".env").read_text().splitlines() if line[:1].isalpha())
    web = interpolated(site, **written)["web"]
    assert web["environment"]["SECRET_KEY"] == written["SECRET_KEY"]
    assert "DEBUG" not in web["environment"], "the DEBUG of .env is for development"


def test_compose_starts_the_site_when_its_services_work(compose: dict[str, Any]) -> None:
    awaited = {name: waiting["condition"] for name, waiting in compose["web"]["depends_on"].items()}
    assert awaited == {
        "database": "service_healthy", "cache": "service_healthy", "migrate": "service_completed_successfully",
    }  # fmt: skip
    assert "healthcheck" in compose["database"]
    assert "healthcheck" in compose["cache"]
    assert compose["migrate"]["command"] == ["python", "manage.py", "migrate", "--no-input"]
    assert "restart" not in compose["migrate"], "it ends, and must not start again"


def test_compose_publishes_the_proxy_only_and_by_default_on_this_machine_only(site: Site) -> None:
    services = interpolated(site, SECRET_KEY="x")
    assert {name for name, service in services.items() if "ports" in service} == {"proxy"}
    assert all(port.startswith("127.0.0.1:") for port in services["proxy"]["ports"])
    assert services["proxy"]["environment"]["SITE_ADDRESS"] == "http://localhost"
    public = interpolated(site, SECRET_KEY="x", SITE_DOMAIN="www.example.org", PROXY_BIND="0.0.0.0")
    assert public["proxy"]["ports"][:2] == ["0.0.0.0:80:80", "0.0.0.0:443:443"]
    assert public["proxy"]["environment"]["SITE_ADDRESS"] == "www.example.org"
    assert public["web"]["environment"]["SITE_DOMAIN"] == "www.example.org"


def test_only_the_proxy_reaches_the_site_whose_forwarded_headers_it_trusts(compose: dict[str, Any]) -> None:
    assert compose["web"]["environment"]["FORWARDED_ALLOW_IPS"] == "*"
    assert {name for name, service in compose.items() if "front" in service["networks"]} == {"proxy", "web"}


def test_compose_lets_requests_end(site: Site, compose: dict[str, Any]) -> None:
    graceful = re.search(r"graceful_timeout = (\d+)", (site.path / "gunicorn.conf.py").read_text())
    assert graceful
    assert int(compose["web"]["stop_grace_period"].removesuffix("s")) > int(graceful[1])


def test_compose_sets_only_variables_that_the_site_reads(site: Site, compose: dict[str, Any]) -> None:
    names = re.findall(r"^#? ?([A-Z][A-Z0-9_]*)=", (site.path / ".env.example").read_text(), re.MULTILINE)
    assert compose["web"]["environment"].keys() <= set(names)


# --- What can be run ------------------------------------------------------------------------------------------------


def test_the_image_contains_the_site_and_nothing_of_the_developer(image: Image) -> None:
    assert (image.folder / "app" / "staticfiles" / "staticfiles.json").is_file()
    for left_out in (".env", "db.sqlite3", "media", ".git", "tests", "deploy", "Dockerfile"):
        assert not (image.folder / "app" / left_out).exists(), left_out


def test_the_image_has_the_packages_of_production_only(image: Image) -> None:
    installed = {path.name.lower() for path in (image.folder / "venv").glob("lib/python3*/site-packages/*")}
    assert {"django", "gunicorn", "whitenoise", "whitenoise_edge"} <= installed
    assert not {"pytest", "ruff", "staticproof", "tinycss2", "pip"} & installed


def test_everything_is_compiled_for_a_quick_start(image: Image) -> None:
    for module in ("app/config/settings.py", "venv/lib/python3*/site-packages/django/__init__.py"):
        (source,) = image.folder.glob(module)
        assert list(source.parent.glob(f"__pycache__/{source.stem}.*.pyc")), source


@dataclass
class Container:
    """The image running without any power of root: it may write to its data and to temporary files only."""

    image: Image
    data: Path
    environment: dict[str, str]
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[Any] | None = None

    @property
    def log(self) -> Path:
        return self.data.parent / "container.log"

    def command(self, command: list[str]) -> list[str]:
        executable = str(self.image.folder / "venv" / "bin" / command[0])
        if os.geteuid() == 0:  # root without its capabilities has to respect permissions
            return ["setpriv", "--no-new-privs", "--bounding-set=-all", "--inh-caps=-all", executable, *command[1:]]
        return [executable, *command[1:]]

    def options(self) -> dict[str, Any]:
        variables = self.image.environment | {"PORT": str(self.port)} | self.environment
        variables = {name: self.image.here(value).replace("/data", str(self.data)) for name, value in variables.items()}
        variables["PATH"] = f"{self.image.folder}/venv/bin:{os.defpath}"
        return {"cwd": self.image.folder / "app", "env": variables, "stderr": subprocess.STDOUT}

    def once(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command([*command]), stdout=subprocess.PIPE, text=True, check=False, timeout=120, **self.options()
        )

    def start(self) -> None:
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(self.command(self.image.command), stdout=output, **self.options())

    def is_healthy(self) -> bool:
        return self.once(*self.image.health).returncode == 0

    def stop(self) -> int:
        """Send SIGTERM to the first process, as an engine does, and return its exit code."""
        assert self.process
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)


@pytest.fixture
def container(image: Image, tmp_path: Path) -> Iterator[Callable[..., Container]]:
    made: list[Container] = []

    def make(**environment: str) -> Container:
        (tmp_path / "data").mkdir()
        made.append(Container(image, tmp_path / "data", environment))
        return made[-1]

    yield make
    for each in made:
        if each.process and each.process.poll() is None:
            each.process.terminate()
            each.process.wait(60)


def test_it_can_change_nothing_but_its_data(container: Callable[..., Container]) -> None:
    running = container()
    for path in (running.image.folder / "app" / "config" / "planted.py", running.image.folder / "venv" / "planted.py"):
        done = running.once("python", "-c", f"open({str(path)!r}, 'w')")
        assert "Permission denied" in done.stdout
    assert running.once("python", "-c", f"open({str(running.data / 'upload')!r}, 'w')").returncode == 0


def test_it_runs_with_its_data_in_a_volume(container: Callable[..., Container]) -> None:
    running = container(**{name: PRODUCTION[name] for name in ("SECRET_KEY", "ALLOWED_HOSTS")})
    migrated = running.once("python", "manage.py", "migrate", "--no-input")
    assert migrated.returncode == 0, migrated.stdout
    assert (running.data / "db.sqlite3").is_file()
    assert not running.is_healthy(), "nothing is running yet"
    running.start()
    until(running.is_healthy)
    response, body = get(running.port, "/")
    assert response.status == 200
    stylesheet = re.search(rb"/static/css/site\.[0-9a-f]+\.css", body)
    assert stylesheet
    assert get(running.port, stylesheet[0].decode())[0].headers["Cache-Control"].endswith("immutable")
    assert get(running.port, "/readyz", {})[0].status == 200
    assert running.stop() == 0
    assert "Traceback" not in running.log.read_text()
    assert not running.is_healthy(), "a stopped server"


def test_without_its_variables_it_names_them_and_ends(container: Callable[..., Container]) -> None:
    running = container()
    running.start()
    assert running.process
    assert running.process.wait(60) != 0
    assert re.search(r"(?s)SECRET_KEY.*ALLOWED_HOSTS|ALLOWED_HOSTS.*SECRET_KEY", running.log.read_text())


@pytest.mark.parametrize("domain", ["", "localhost"], ids=["plain HTTP on this machine", "HTTPS for a domain"])
def test_compose_runs_it_behind_caddy_on_postgresql_and_redis(
    site: Site,
    container: Callable[..., Container],
    tmp_path: Path,
    new_database: Callable[[], str],
    redis: Redis,
    domain: str,
) -> None:
    compose = interpolated(site, SECRET_KEY=PRODUCTION["SECRET_KEY"], SITE_DOMAIN=domain)
    services = {"DATABASE_URL": new_database(), "CACHE_URL": redis.url}
    running = container(**{name: str(value) for name, value in compose["web"]["environment"].items()} | services)
    migrated = running.once(*compose["migrate"]["command"])
    assert "Applying accounts.0001_initial... OK" in migrated.stdout
    running.start()
    until(running.is_healthy)
    assert get(running.port, "/readyz", {"Host": "localhost"})[0].status == 200
    if not domain:
        with plain_caddy(site, tmp_path, running.port) as port:
            assert get(port, "/", {"Host": "localhost"})[0].status == 200
    else:
        with caddy(site, tmp_path, running.port) as proxy:
            with proxy.connect() as connection:
                connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                head = connection.recv(65536).decode()
            assert head.startswith("HTTP/1.1 200"), head
            assert "strict-transport-security" in head.lower(), "the site took an HTTPS request for plain HTTP"
            assert get(proxy.plain_port, "/", {"Host": "localhost"})[0].status == 308
    assert get(running.port, "/accounts/login/", HTTPS)[0].status == 200
    assert running.stop() == 0
