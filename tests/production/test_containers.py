"""The Dockerfile and compose.yaml, as far as they can be tested without a container engine."""

from __future__ import annotations

import re
import sys
import sysconfig
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import PRODUCTION, Site, run
from servers import HTTPS, get

from production.images import COMMANDS, Container, Image, built, interpolated, words_of
from production.load import wait_until
from production.proxies import caddy, plain_caddy
from production.services import Redis

SCRIPTS = Path(sysconfig.get_path("scripts"))


@pytest.fixture(scope="module")
def image(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Image]:
    with built(site, tmp_path_factory.mktemp("image")) as made:
        yield made


# --- Reading the files ----------------------------------------------------------------------------------------------


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


@pytest.fixture(scope="module")
def compose(site: Site) -> dict[str, Any]:
    services = interpolated(site, SECRET_KEY="of-dot-env")
    assert isinstance(services, dict)
    return services


def test_compose_requires_the_secret_from_dot_env(site: Site) -> None:
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


def test_compose_publishes_only_the_proxy_and_by_default_only_on_this_machine(site: Site) -> None:
    services = interpolated(site, SECRET_KEY="x")
    assert {name for name, service in services.items() if "ports" in service} == {"proxy"}
    assert all(port.startswith("127.0.0.1:") for port in services["proxy"]["ports"])
    assert services["proxy"]["environment"]["SITE_ADDRESS"] == "http://localhost"
    public = interpolated(site, SECRET_KEY="x", SITE_DOMAIN="www.example.org", PROXY_BIND="0.0.0.0")
    assert public["proxy"]["ports"][:2] == ["0.0.0.0:80:80", "0.0.0.0:443:443"]
    assert public["proxy"]["environment"]["SITE_ADDRESS"] == "www.example.org"
    assert public["web"]["environment"]["SITE_DOMAIN"] == "www.example.org"


def test_only_the_trusted_proxy_can_reach_the_site(compose: dict[str, Any]) -> None:
    assert compose["web"]["environment"]["FORWARDED_ALLOW_IPS"] == "*"
    assert {name for name, service in compose.items() if "front" in service["networks"]} == {"proxy", "web"}


def test_compose_lets_requests_end(site: Site, compose: dict[str, Any]) -> None:
    graceful = re.search(r"graceful_timeout = (\d+)", (site.path / "gunicorn.conf.py").read_text())
    assert graceful
    assert int(compose["web"]["stop_grace_period"].removesuffix("s")) > int(graceful[1])


def test_compose_sets_only_variables_that_the_site_reads(site: Site, compose: dict[str, Any]) -> None:
    names = re.findall(r"^#? ?([A-Z][A-Z0-9_]*)=", (site.path / ".env.example").read_text(), re.MULTILINE)
    assert compose["web"]["environment"].keys() <= set(names)


# --- Running the image ----------------------------------------------------------------------------------------------


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


def test_the_container_can_write_only_to_its_data(container: Callable[..., Container]) -> None:
    running = container()
    for path in (running.image.folder / "app" / "config" / "planted.py", running.image.folder / "venv" / "planted.py"):
        done = running.run_once("python", "-c", f"open({str(path)!r}, 'w')")
        assert "Permission denied" in done.stdout
    assert running.run_once("python", "-c", f"open({str(running.data / 'upload')!r}, 'w')").returncode == 0


def test_the_container_runs_with_its_data_in_a_volume(container: Callable[..., Container]) -> None:
    running = container(**{name: PRODUCTION[name] for name in ("SECRET_KEY", "ALLOWED_HOSTS")})
    migrated = running.run_once("python", "manage.py", "migrate", "--no-input")
    assert migrated.returncode == 0, migrated.stdout
    assert (running.data / "db.sqlite3").is_file()
    assert not running.is_healthy(), "nothing is running yet"
    running.start()
    wait_until(running.is_healthy)
    response, body = get(running.port, "/")
    assert response.status == 200
    stylesheet = re.search(rb"/static/css/site\.[0-9a-f]+\.css", body)
    assert stylesheet
    assert get(running.port, stylesheet[0].decode())[0].headers["Cache-Control"].endswith("immutable")
    assert get(running.port, "/readyz", {})[0].status == 200
    assert running.stop() == 0
    assert "Traceback" not in running.log.read_text()
    assert not running.is_healthy(), "a stopped server"


def test_without_required_variables_the_container_lists_them_and_stops(container: Callable[..., Container]) -> None:
    running = container()
    running.start()
    assert running.process
    assert running.process.wait(60) != 0
    assert re.search(r"(?s)SECRET_KEY.*ALLOWED_HOSTS|ALLOWED_HOSTS.*SECRET_KEY", running.log.read_text())


@pytest.mark.parametrize("domain", ["", "localhost"], ids=["plain HTTP on this machine", "HTTPS for a domain"])
def test_compose_runs_the_image_behind_caddy_with_postgresql_and_redis(
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
    migrated = running.run_once(*compose["migrate"]["command"])
    assert "Applying accounts.0001_initial... OK" in migrated.stdout
    running.start()
    wait_until(running.is_healthy)
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
            assert "strict-transport-security" in head.lower(), "the site treated an HTTPS request as plain HTTP"
            assert get(proxy.plain_port, "/", {"Host": "localhost"})[0].status == 308
    assert get(running.port, "/accounts/login/", HTTPS)[0].status == 200
    assert running.stop() == 0
