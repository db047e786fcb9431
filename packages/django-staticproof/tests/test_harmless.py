"""A proof changes nothing and connects to nothing: all rows, keys, files and servers stay the same.

The project has data in PostgreSQL and Redis. On GET, its pages delete rows, send mail, write files, queue tasks and
open connections. POSTGRES_HOST and REDIS_HOST are the addresses of the two servers (default: 127.0.0.1).
"""

import contextlib
import json
import os
import secrets
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import django
import psycopg
import pytest
import redis

from .conftest import Project
from .test_provestatic import run

POSTGRES: dict[str, Any] = {
    "host": os.environ.get("POSTGRES_HOST", "127.0.0.1"),
    "user": "postgres",
    "dbname": "postgres",
}
REDIS = os.environ.get("REDIS_HOST", "127.0.0.1")
PAGES = (
    "rows",
    "sql",
    "cache",
    "keys",
    "mail",
    "socket",
    "name",
    "datagram",
    "upload",
    "session",
    "task",
    "print",
)

SETTINGS = """
INSTALLED_APPS += ["django.contrib.contenttypes", "django.contrib.auth", "django.contrib.sessions"]
MIDDLEWARE += [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
DATABASES = {{"default": {{
    "ENGINE": "django.db.backends.postgresql", "NAME": "{name}", "HOST": "{host}", "USER": "{name}",
}}}}
CACHES = {{"default": {{
    "BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://{redis}:6379/{number}",
}}}}
SESSION_ENGINE = "django.contrib.sessions.backends.db"
EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_HOST, EMAIL_PORT = "127.0.0.1", {port}
LOGGING = {{
    "version": 1,
    "handlers": {{"file": {{"class": "logging.FileHandler", "filename": BASE_DIR / "site.log"}}}},
    "root": {{"handlers": ["file"], "level": "INFO"}},
}}
PORT, REDIS = {port}, ("{redis}", {number})
print("settings say hello")
"""

VIEWS = """
import logging
import socket

import redis as redis_client
from django.conf import settings
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.mail import send_mail
from django.db import connection
from django.http import HttpResponse

try:
    from django.tasks import task
except ImportError:  # Django has tasks since 6.0

    def task(function):
        function.enqueue = lambda: None
        return function


from .models import Post


def rows(request):
    Post.objects.all().delete()


def sql(request):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM blog_post")


def cache_(request):
    cache.clear()
    cache.set("staticproof", "was here")


def keys(request):
    redis_client.Redis(*settings.REDIS[:1], db=settings.REDIS[1]).flushdb()


def mail(request):
    send_mail("Subject", "Text", "a@example.com", ["b@example.com"])


def socket_(request):
    socket.create_connection(("127.0.0.1", settings.PORT), timeout=2).sendall(b"hello")


def name(request):
    socket.getaddrinfo("staticproof.example.com", 80)


def datagram(request):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"hello", ("127.0.0.1", settings.PORT))


def upload(request):
    default_storage.save("staticproof.txt", ContentFile(b"was here"))


def session(request):
    request.session["staticproof"] = "was here"


def task_(request):
    wreck.enqueue()


@task
def wreck():
    (settings.BASE_DIR / "task.txt").write_text("was here")


def print_(request):
    print("views say hello")
    logging.getLogger("blog").warning("logs say hello")


def done(view):
    def answer(request):
        view(request)
        return HttpResponse("done")

    return answer
"""


@dataclass
class Listener:
    """A server on this machine that counts connections and datagrams."""

    met: list[str] = field(default_factory=list)

    def __enter__(self) -> "Listener":
        self.stream = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.stream.getsockname()[1]
        self.datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.datagrams.bind(("127.0.0.1", self.port))
        for wait in (self.stream.accept, lambda: self.datagrams.recvfrom(16)):
            threading.Thread(target=self._count, args=(wait,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        for listening in (self.stream, self.datagrams):
            with contextlib.suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)
            listening.close()

    def _count(self, wait: Any) -> None:
        while True:
            try:
                received, address = wait()
            except OSError:
                return
            self.met.append(str(address))
            if isinstance(received, socket.socket):
                received.close()


@pytest.fixture
def database() -> Iterator[str]:
    """Yield the name of a new PostgreSQL database. Its owner has the same name and may create databases."""
    name = f"sp_harmless_{secrets.token_hex(4)}"
    try:
        connection = psycopg.connect(**POSTGRES, autocommit=True)
    except psycopg.OperationalError:
        pytest.skip("PostgreSQL does not answer")
    with connection:
        connection.execute(f'CREATE ROLE "{name}" LOGIN CREATEDB')
        connection.execute(f'CREATE DATABASE "{name}" OWNER "{name}"')
    yield name
    with psycopg.connect(**POSTGRES, autocommit=True) as connection:
        for (left,) in owned(connection, name):
            connection.execute(f'DROP DATABASE "{left}" WITH (FORCE)')
        connection.execute(f'DROP ROLE "{name}"')


def owned(connection: psycopg.Connection, role: str) -> list[tuple[str]]:
    """Return the databases of a role."""
    query = "SELECT datname FROM pg_database JOIN pg_roles ON pg_roles.oid = datdba WHERE rolname = %s"
    return connection.execute(query, [role]).fetchall()


@pytest.fixture
def store() -> Iterator[redis.Redis]:
    """Yield an unused Redis database with two keys."""
    for number in range(15, 0, -1):
        client = redis.Redis(REDIS, db=number)
        try:
            if client.dbsize() == 0 and client.set("mine", "kept", nx=True):
                break
        except redis.ConnectionError:
            pytest.skip("Redis does not answer")
    client.set(":1:cached", "kept")
    yield client
    client.flushdb()


@pytest.fixture
def site(project: Project, database: str, store: redis.Redis) -> Iterator[tuple[Project, Listener]]:
    """Yield a project with destructive pages and data in its database."""
    with Listener() as listener:
        settings = (project.root / "mysite/settings.py").read_text(encoding="utf-8")
        values = {"host": POSTGRES["host"], "redis": REDIS, "number": number_of(store), "port": listener.port}
        project.write("mysite/settings.py", settings + SETTINGS.format(name=database, **values))
        project.write("blog/models.py", "from django.db import models\n\n\nclass Post(models.Model):\n    pass\n")
        project.write("blog/views.py", VIEWS)
        paths = "".join(
            f'    path("{name}/", views.done(views.{name + "_" * (name in {"cache", "socket", "print", "task"})})),\n'
            for name in PAGES
        )
        project.replace("mysite/urls.py", "urlpatterns = [\n", f"from blog import views\n\nurlpatterns = [\n{paths}")
        done = project.manage("migrate", "--run-syncdb")
        assert done.returncode == 0, done.stderr
        with psycopg.connect(**POSTGRES | {"dbname": database}) as connection:
            connection.execute("INSERT INTO blog_post SELECT FROM generate_series(1, 1000)")
        yield project, listener


def number_of(store: redis.Redis) -> int:
    """Return the number of a Redis database."""
    return int(store.connection_pool.connection_kwargs["db"])


def state(project: Project, database: str, store: redis.Redis) -> dict[str, Any]:
    """Return everything that a proof could change."""
    with psycopg.connect(**POSTGRES | {"dbname": database}) as connection:
        tables = [name for (name,) in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
        rows = {name: connection.execute(f'SELECT * FROM "{name}"').fetchall() for name in sorted(tables)}
        databases = owned(connection, database)
    files = {
        str(path.relative_to(project.root)): path.read_bytes()
        for path in project.root.rglob("*")
        if path.is_file() and {".cache", "__pycache__"}.isdisjoint(path.parts)
    }
    keys: Any = store.keys()  # the stubs allow an awaitable
    return {"rows": rows, "databases": databases, "keys": {key: store.get(key) for key in keys}, "files": files}


@pytest.mark.parametrize("options", [(), ("--with-data",)], ids=["test data", "with data"])
def test_a_proof_changes_nothing(
    site: tuple[Project, Listener], database: str, store: redis.Redis, options: tuple[str, ...]
) -> None:
    project, listener = site
    before = state(project, database, store)
    assert len(before["rows"]["blog_post"]) == 1000
    done = run(project, "--format", "json", "--login", "somebody", *options)
    assert state(project, database, store) == before
    assert listener.met == []
    report = json.loads(done.stdout)  # valid JSON, although the settings and the views print text
    assert report["stage"] == "served"
    fetched = report["summary"]["pages"] + report["summary"]["pages_failed"]
    assert fetched == len(PAGES) + 1, report
    messages = [finding["message"] for finding in report["findings"]]
    failed = {message.split("/")[1] for message in messages if message.startswith("The page")}
    # Without data, pages delete rows of a test database. With data, the sessions cannot write.
    refused = {"keys", "socket", "name", "datagram"}
    assert any(f"127.0.0.1:{listener.port}" in remark for remark in report["remarks"]), report["remarks"]
    assert failed == refused | ({"rows", "sql"} if "--with-data" in options else set()), messages


def test_the_pages_cause_damage_without_a_proof(
    site: tuple[Project, Listener], database: str, store: redis.Redis
) -> None:
    """The same pages do change data when they are requested without a proof."""
    project, listener = site
    before = state(project, database, store)
    ask = (
        "from django.test import Client\n"
        f"for name in {PAGES}:\n"
        "    try: Client().get(f'/{name}/', secure=True, headers={'host': 'localhost'})\n"
        "    except BaseException: pass\n"
    )
    project.manage("shell", "-c", ask, ALLOWED_HOSTS="localhost")
    after = state(project, database, store)
    assert after["rows"]["blog_post"] == []
    assert after["rows"] != before["rows"]
    assert "mine" not in after["keys"]
    written = {"media/staticproof.txt"} | ({"task.txt"} if django.VERSION >= (6, 0) else set())
    assert written <= after["files"].keys() - before["files"].keys()
    assert after["files"]["site.log"] != before["files"]["site.log"]
    assert listener.met


def test_a_proof_that_is_stopped_drops_its_databases(site: tuple[Project, Listener], database: str) -> None:
    project, _ = site
    project.replace(
        "blog/views.py", "def rows(request):\n", "def rows(request):\n    import time\n\n    time.sleep(60)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "manage.py", "provestatic"], cwd=project.root, env=project.environment()
    )
    with psycopg.connect(**POSTGRES, autocommit=True) as connection:
        deadline = time.monotonic() + 50
        while len(owned(connection, database)) < 2 and time.monotonic() < deadline:
            time.sleep(0.1)
        assert len(owned(connection, database)) == 2
        time.sleep(1)  # the proof creates the tables, or it waits for the page
        process.terminate()
        assert process.wait(30) == 143
        assert owned(connection, database) == [(database,)]
