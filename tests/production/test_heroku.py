"""A deploy to Heroku, command by command: the build from the pushed files, the release, the web process, the checks."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import trustme
from conftest import ROOT, Completed, Site, run
from servers import free_port, get, served

from production.services import UNPRIVILEGED, Postgres, Service, postgres_programs

HOST = "my-site-0123456789ab.herokuapp.com"  # the form of the names that Heroku gives to apps
ROUTER = "127.0.0.2"  # not the address of a proxy on the same machine
GIT = dict.fromkeys(("GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME"), "Somebody") | dict.fromkeys(
    ("GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL"), "somebody@example.com"
)


class Builder(NamedTuple):
    """The differences between Heroku's two builders: the variables of the collectstatic step, and those of a dyno."""

    config_vars_in_build: bool
    dyno: dict[str, str]


# https://github.com/heroku/heroku-buildpack-python, bin/steps/collectstatic and vendor/python.gunicorn.sh
CLASSIC = Builder(
    True, {"WEB_CONCURRENCY": "02", "FORWARDED_ALLOW_IPS": "*", "GUNICORN_CMD_ARGS": "--access-logfile -"}
)
# https://github.com/heroku/buildpacks-python, src/django.rs
CLOUD_NATIVE = Builder(False, {})


@pytest.fixture(scope="module")
def addons(tmp_path_factory: pytest.TempPathFactory, postgres: Postgres) -> Iterator[Callable[[str], dict[str, str]]]:
    """PostgreSQL and Redis as Heroku attaches them: over TLS, with self-signed certificates."""
    if not shutil.which("redis-server"):
        pytest.skip("Redis is not on this machine: install Debian's package redis-server")
    folder = tmp_path_factory.mktemp("tls")
    certificate = trustme.CA().issue_cert("127.0.0.1")
    certificate.cert_chain_pems[0].write_to_path(folder / "server.crt")
    certificate.private_key_pem.write_to_path(folder / "server.key")
    with_tls(postgres, folder)
    port = free_port()
    tls = ["--tls-port", str(port), "--tls-cert-file", "server.crt", "--tls-key-file", "server.key"]
    redis = Service(
        ["redis-server", "--port", "0", *tls, "--tls-auth-clients", "no", "--save", "", "--bind", "127.0.0.1"],
        folder, port,
    )  # fmt: skip
    redis.start()

    def attached(database: str) -> dict[str, str]:
        return {"DATABASE_URL": database, "REDIS_URL": f"rediss://:@127.0.0.1:{port}"}

    yield attached
    redis.stop()


def with_tls(postgres: Postgres, certificates: Path) -> None:
    """Make a running PostgreSQL accept TLS connections."""
    for name in ("server.crt", "server.key"):
        target = postgres.folder / "data" / name
        shutil.copy(certificates / name, target)
        target.chmod(0o600)
        if UNPRIVILEGED:
            shutil.chown(target, UNPRIVILEGED)
    programs = postgres_programs()
    assert programs
    for statement in ("ALTER SYSTEM SET ssl = on", "SELECT pg_reload_conf()"):
        subprocess.run([programs / "psql", postgres.url, "-qc", statement], check=True, stdout=subprocess.DEVNULL)


class App:
    """An app on Heroku, created from app.json and built from the pushed files."""

    def __init__(self, site: Site, folder: Path) -> None:
        self.path = folder / "app"
        self.builder, self.config_vars = CLASSIC, dict[str, str]()
        self.manifest: dict[str, Any] = json.loads((site.path / "app.json").read_text())
        self.push(site, folder / "checkout")
        self.install(site)

    def create(self, builder: Builder, addons: dict[str, str]) -> None:
        """Set the config vars, as Heroku does from app.json."""
        env = self.manifest["env"]
        values = {name: entry["value"] for name, entry in env.items() if "value" in entry}
        generated = {name: "a" * 32 + "0123456789" * 3 for name, entry in env.items() if "generator" in entry}
        self.builder, self.config_vars = builder, values | generated | addons

    def push(self, site: Site, checkout: Path) -> None:
        """Commit everything that .gitignore does not exclude, and unpack it in the folder of the build."""
        shutil.copytree(site.path, checkout, ignore=shutil.ignore_patterns(".venv"))
        for command in ("git init -q", "git add .", "git commit -qm fresh", "git archive -o ../pushed.tar HEAD"):
            done = run(*command.split(), cwd=checkout, **GIT)
            assert done.returncode == 0, done.stderr
        self.path.mkdir()
        shutil.unpack_archive(checkout.parent / "pushed.tar", self.path, filter="data")

    def processes(self) -> dict[str, str]:
        lines = (self.path / "Procfile").read_text().splitlines()
        return dict(line.split(": ", 1) for line in lines)

    def shell(self, command: str, **environment: str) -> Completed:
        """Run a command with the given variables and those that uv needs to reach the package index."""
        return subprocess.run(
            ["/bin/bash", "-c", command], cwd=self.path, env=self.variables(**environment),
            capture_output=True, text=True, check=False, timeout=300,
        )  # fmt: skip

    def variables(self, **environment: str) -> dict[str, str]:
        here = {n: v for n, v in os.environ.items() if n == "HOME" or n.startswith(("SSL_", "UV_", "HTTP"))}
        uv = shutil.which("uv")
        assert uv
        path = [str(self.path / ".heroku/python/bin"), str(Path(uv).parent), "/usr/local/bin", "/usr/bin", "/bin"]
        return here | {"PATH": os.pathsep.join(path)} | environment

    def install(self, site: Site) -> None:
        """https://github.com/heroku/heroku-buildpack-python, lib/uv.sh"""
        done = self.shell(
            "uv sync --locked --no-default-groups --no-progress",
            UV_PROJECT_ENVIRONMENT=str(self.path / ".heroku/python"), UV_PYTHON=str(site.python.resolve()),
            UV_NO_MANAGED_PYTHON="1", UV_PYTHON_DOWNLOADS="never", UV_LINK_MODE="copy",
        )  # fmt: skip
        assert done.returncode == 0, done.stderr

    def collect(self) -> None:
        """Collect as the builders do: bin/steps/collectstatic of the classic one, src/django.rs of the other one."""
        shutil.rmtree(self.path / "staticfiles", ignore_errors=True)
        given = self.config_vars if self.builder.config_vars_in_build else {}
        done = self.shell("python manage.py collectstatic --noinput --traceback", STACK="heroku-24", **given)
        assert done.returncode == 0, done.stderr
        assert re.search(r"[1-9]\d+ static files copied", done.stdout)

    def dyno(self, name: str, **environment: str) -> dict[str, str]:
        return {"DYNO": name, "PYTHONUNBUFFERED": "1"} | self.config_vars | self.builder.dyno | environment


@pytest.fixture(scope="module")
def app(site: Site, tmp_path_factory: pytest.TempPathFactory) -> App:
    return App(site, tmp_path_factory.mktemp("heroku"))


def test_the_build_installs_the_packages_of_production_only(app: App) -> None:
    assert not (app.path / ".env").exists()
    assert not (app.path / ".venv").exists()
    installed = {path.name for path in app.path.glob(".heroku/python/lib/python3*/site-packages/*")}
    assert {"gunicorn", "whitenoise_edge"} <= installed, "whitenoise-edge comes from vendor/"
    assert not {"pytest", "staticproof", "tinycss2", "debug_toolbar"} & installed


@pytest.mark.parametrize("builder", [CLASSIC, CLOUD_NATIVE], ids=["classic", "cloud-native"])
def test_a_deploy_makes_a_working_app(
    app: App, tmp_path: Path, addons: Callable[[str], dict[str, str]], new_database: Callable[[], str], builder: Builder
) -> None:
    app.create(builder, addons(new_database()))
    app.collect()
    released = app.shell(app.processes()["release"], **app.dyno("release.1234"))
    assert released.returncode == 0, released.stdout + released.stderr
    assert "Applying accounts.0001_initial... OK" in released.stdout

    port, log = free_port(), tmp_path / "web.log"
    web = ["/bin/bash", "-c", app.processes()["web"]]
    environment = app.variables(**app.dyno("web.1", PORT=str(port)))
    with served(web, app.path, log, port, **environment) as process:
        by_https = {"Host": HOST, "X-Forwarded-Proto": "https"}
        response, body = get(port, "/", by_https, sender=ROUTER)
        assert response.status == 200, log.read_text()
        (stylesheet,) = re.findall(rb"/static/css/site\.[0-9a-f]+\.css", body)
        assert "immutable" in get(port, stylesheet.decode(), by_https, sender=ROUTER)[0].headers["Cache-Control"]
        assert get(port, "/", {"Host": HOST, "X-Forwarded-Proto": "http"})[0].status == 301
        assert (
            get(port, "/", {"Host": "other.example.com", "X-Forwarded-Proto": "https"}, sender=ROUTER)[0].status == 400
        )
        assert get(port, "/readyz", by_https)[0].status == 200, log.read_text()

        checked = app.shell(app.manifest["scripts"]["postdeploy"], **app.dyno("run.1234"))
        assert checked.returncode == 0, checked.stdout + checked.stderr

        os.killpg(process.pid, signal.SIGTERM)  # Heroku sends it to every process of a dyno
        assert process.wait(30) == 0
    assert "Traceback" not in log.read_text()


def test_postgresql_without_tls_is_refused(site: Site, new_database: Callable[[], str]) -> None:
    """Heroku's database is reached over the network, so the connection must be encrypted."""
    database = new_database()
    shown = site.manage(
        "shell", "--no-imports", "-c",
        "from django.conf import settings; print(settings.DATABASES['default']['OPTIONS']['sslmode'])",
        DATABASE_URL=database, DYNO="web.1",
    )  # fmt: skip
    assert shown.stdout.strip() == "require", shown.stderr


def test_app_json_follows_herokus_schema(site: Site) -> None:
    schema = ROOT / "tests" / "production" / "app.schema.json"
    done = run(sys.executable, "-m", "check_jsonschema", "--schemafile", schema, "app.json", cwd=site.path)
    assert done.returncode == 0, done.stdout


def test_app_json_attaches_the_services_and_has_a_value_for_each_required_variable(site: Site) -> None:
    manifest = json.loads((site.path / "app.json").read_text())
    assert {addon.split(":")[0] for addon in manifest["addons"]} == {"heroku-postgresql", "heroku-redis"}
    given = {"value", "generator"}
    assert all(given & entry.keys() or entry.get("required") is False for entry in manifest["env"].values())
    assert set(manifest["formation"]) <= {"web"}, "a process type that the Procfile does not have"
