"""Real services for the tests: PostgreSQL, Redis, an S3-compatible store and a mail server.

The tests start services of their own, because they also stop them.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from email.message import Message
from pathlib import Path
from typing import Any

import boto3
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message as MessageHandler
from moto.server import ThreadedMotoServer
from servers import free_port

UNPRIVILEGED = "postgres" if os.name != "nt" and os.geteuid() == 0 else None  # PostgreSQL refuses to run as root
BUCKET = "media"
TIMEOUT = 120.0  # seconds, as in load.py


def postgres_programs() -> Path | None:
    """Return the folder of the programs of the newest PostgreSQL on this machine, or None if there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    on_path = shutil.which("postgres")
    return Path(on_path).parent if on_path else None


class Service:
    """A server process that tests can stop, start again on the same port, and pause."""

    def __init__(self, command: list[str], folder: Path, port: int, user: str | None = None) -> None:
        self.command, self.folder, self.port, self.user = command, folder, port, user
        self.process: subprocess.Popen[Any] | None = None

    def start(self) -> None:
        with (self.folder / "service.log").open("ab") as log:
            self.process = subprocess.Popen(
                self.command, cwd=self.folder, stdout=log, stderr=log, user=self.user, start_new_session=True
            )
        end = time.monotonic() + TIMEOUT
        while time.monotonic() < end and self.process.poll() is None:
            if self.is_ready():
                return
            time.sleep(0.05)
        raise AssertionError((self.folder / "service.log").read_text(encoding="utf-8", errors="replace"))

    def is_ready(self) -> bool:
        """Return whether the service accepts connections."""
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
            return True
        return False

    def stop(self) -> None:
        """Stop at once: clients are disconnected. For PostgreSQL, SIGINT is its "fast" shutdown."""
        if self.process is not None:
            self.process.send_signal(signal.SIGCONT)
            self.process.send_signal(signal.SIGINT)
            self.process.wait(TIMEOUT)
            self.process = None

    def pause(self) -> None:
        """Pause it: its connections stay open but are not answered, as when a network drops all packets."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Let it continue."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGCONT)


class Postgres(Service):
    @property
    def url(self) -> str:
        return f"postgres://postgres@127.0.0.1:{self.port}/postgres"

    def is_ready(self) -> bool:
        """Return whether it accepts clients: it listens before that, and answers "the database is starting up"."""
        programs = postgres_programs()
        assert programs is not None
        command: list[str | Path] = [programs / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        return subprocess.run(command, check=False).returncode == 0


class Redis(Service):
    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"


@contextlib.contextmanager
def own_postgres() -> Iterator[Postgres]:
    """Run a PostgreSQL with an empty database in a folder of its own, without fsync."""
    programs = postgres_programs()
    assert programs is not None
    with tempfile.TemporaryDirectory(prefix="postgres-") as name:
        folder = Path(name)
        if UNPRIVILEGED:
            shutil.chown(folder, UNPRIVILEGED)
        subprocess.run(
            [programs / "initdb", "-D", folder / "data", "-U", "postgres", "--auth=trust", "--no-sync", "-E", "UTF8"],
            cwd=folder, user=UNPRIVILEGED, check=True, capture_output=True,
        )  # fmt: skip
        port = free_port()
        options = ("listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off", "shared_buffers=16MB")
        settings = [part for option in options for part in ("-c", option)]
        service = Postgres(
            [str(programs / "postgres"), "-D", str(folder / "data"), "-p", str(port), *settings],
            folder, port, UNPRIVILEGED,
        )  # fmt: skip
        service.start()
        try:
            yield service
        finally:
            service.stop()


@contextlib.contextmanager
def own_redis() -> Iterator[Redis]:
    """Run a Redis that keeps nothing on disk: it is empty after a restart, as a cache may be."""
    with tempfile.TemporaryDirectory(prefix="redis-") as name:
        port = free_port()
        command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        service = Redis(command, Path(name), port)
        service.start()
        try:
            yield service
        finally:
            service.stop()


class Store:
    """An S3-compatible store with one bucket, which keeps its objects while it is stopped."""

    def __init__(self) -> None:
        self.port = free_port()
        self.server: ThreadedMotoServer | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        return {
            "AWS_STORAGE_BUCKET_NAME": BUCKET,
            "AWS_S3_ENDPOINT_URL": self.url,
            "AWS_S3_REGION_NAME": "us-east-1",
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
        }

    def client(self) -> Any:
        return boto3.client(
            "s3", endpoint_url=self.url, region_name="us-east-1",
            aws_access_key_id="testing", aws_secret_access_key="testing",
        )  # fmt: skip

    def names(self) -> list[str]:
        return [item["Key"] for item in self.client().list_objects_v2(Bucket=BUCKET).get("Contents", [])]

    def start(self) -> None:
        self.server = ThreadedMotoServer(ip_address="127.0.0.1", port=self.port, verbose=False)
        self.server.start()
        client = self.client()
        if BUCKET not in [bucket["Name"] for bucket in client.list_buckets()["Buckets"]]:
            client.create_bucket(Bucket=BUCKET)

    def stop(self) -> None:
        if self.server is not None:
            self.server.stop()
            self.server = None


@contextlib.contextmanager
def own_store() -> Iterator[Store]:
    store = Store()
    store.start()
    try:
        yield store
    finally:
        store.stop()


class Mailbox(MessageHandler):
    """The messages that the mail server has received, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[Message] = []

    def handle_message(self, message: Message) -> None:
        self.messages.append(message)

    def wait(self, count: int = 1) -> list[Message]:
        """Wait until ``count`` messages have arrived, and return all messages."""
        end = time.monotonic() + TIMEOUT
        while len(self.messages) < count and time.monotonic() < end:
            time.sleep(0.05)
        return self.messages


@contextlib.contextmanager
def own_mail_server() -> Iterator[tuple[str, Mailbox]]:
    """Run an SMTP server; yield the value of EMAIL_URL and the mailbox."""
    mailbox, port = Mailbox(), free_port()
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield f"smtp://127.0.0.1:{port}", mailbox
    finally:
        controller.stop()
