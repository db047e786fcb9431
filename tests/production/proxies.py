"""nginx and Caddy of Debian in front of a site, with the files of its deploy/ folder."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import trustme
from conftest import Site
from servers import free_port

HOST = "localhost"
COUNTS_BUFFERED_BODIES = (2, 6, 4)  # the version of Caddy that has `request_buffers`; Debian 12 has 2.6.2
# The values of Debian's /etc/nginx/nginx.conf that matter here, and a user that can read our temporary folders.
MAIN = """
user {user};
daemon off;
worker_processes auto;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
include /etc/nginx/modules-enabled/*.conf;
events {{ worker_connections 768; }}
http {{
    sendfile on;
    include /etc/nginx/mime.types;
    default_type application/octet-stream;
    access_log off;
    client_body_temp_path {folder}/bodies;
    proxy_temp_path {folder}/answers;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/site.conf;
}}
"""


class Proxy(NamedTuple):
    """A running proxy: its HTTPS port, its port for plain HTTP, and an SSL context that trusts its certificate."""

    port: int
    plain_port: int
    trusting: ssl.SSLContext

    def connect(self, timeout: float = 30) -> ssl.SSLSocket:
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=timeout)
        return self.trusting.wrap_socket(plain, server_hostname=HOST)


def program(name: str) -> str:
    found = shutil.which(name) or shutil.which(f"/usr/sbin/{name}")
    if not found:
        pytest.skip(f"{name} is not on this machine: install Debian's package {name}")
    return found


@contextlib.contextmanager
def running(command: list[str], log: Path, ports: list[int], **environment: str) -> Iterator[subprocess.Popen[Any]]:
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env=os.environ | environment)
    try:
        for port in ports:
            wait_for_port(port, process, log)
        yield process
    finally:
        process.terminate()
        process.wait(30)


def wait_for_port(port: int, process: subprocess.Popen[Any], log: Path) -> None:
    for _ in range(200):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        assert process.poll() is None, log.read_text()
        time.sleep(0.05)
    raise AssertionError(log.read_text())


@contextlib.contextmanager
def nginx(site: Site, folder: Path, upstream: int) -> Iterator[Proxy]:
    """Run nginx with deploy/nginx.conf. Only ports, paths and the domain are changed."""
    executable = program("nginx")
    if not Path("/usr/lib/nginx/modules/ngx_http_brotli_static_module.so").exists():
        pytest.skip("install Debian's package libnginx-mod-http-brotli-static")
    authority = trustme.CA()
    certificate = authority.issue_cert(HOST)
    certificate.cert_chain_pems[0].write_to_path(folder / "fullchain.pem")
    certificate.private_key_pem.write_to_path(folder / "privkey.pem")
    port, plain_port = free_port(), free_port()
    text = (site.path / "deploy" / "nginx.conf").read_text(encoding="utf-8")
    text = re.sub(r"\n *listen \[::\]:.*", "", text)
    for old, new in {
        "listen 80;": f"listen 127.0.0.1:{plain_port};",
        "listen 443 ": f"listen 127.0.0.1:{port} ",
        "server_name example.com;": f"server_name {HOST};",
        "/etc/letsencrypt/live/example.com/": f"{folder}/",
        "127.0.0.1:8000": f"127.0.0.1:{upstream}",
        f"/srv/{site.path.name}/": f"{site.path}/",
    }.items():
        assert old in text, f"deploy/nginx.conf no longer has {old!r}"
        text = text.replace(old, new)
    (folder / "site.conf").write_text(text)
    user = "root" if os.geteuid() == 0 else "www-data"
    (folder / "nginx.conf").write_text(MAIN.format(folder=folder, user=user))
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    command = [executable, "-c", str(folder / "nginx.conf")]
    with running(command, folder / "nginx.log", [port, plain_port]):
        yield Proxy(port, plain_port, trusting)


@contextlib.contextmanager
def caddy(site: Site, folder: Path, upstream: int) -> Iterator[Proxy]:
    """Run Caddy with deploy/Caddyfile, for HTTPS with a certificate of Caddy's own authority (`tls internal`)."""
    port, plain_port = free_port(), free_port()
    configuration = adapted(site, f"https://{HOST}:{port}", upstream)
    configuration["apps"]["http"]["http_port"] = plain_port  # here, Caddy redirects HTTP to HTTPS
    with caddy_running(configuration, folder, [port, plain_port]):
        root = folder / "caddy" / "pki" / "authorities" / "local" / "root.crt"
        for _ in range(200):
            if root.exists():
                break
            time.sleep(0.05)
        proxy = Proxy(port, plain_port, ssl.create_default_context(cafile=root))
        for _ in range(200):  # the site's certificate is made after the port is open
            with contextlib.suppress(OSError), proxy.connect():
                break
            time.sleep(0.05)
        yield proxy


@contextlib.contextmanager
def plain_caddy(site: Site, folder: Path, upstream: int) -> Iterator[int]:
    """Run Caddy as compose.yaml does without a domain: plain HTTP on localhost. Return its port."""
    port = free_port()
    with caddy_running(adapted(site, f"http://{HOST}:{port}", upstream), folder, [port]):
        yield port


def adapted(site: Site, address: str, upstream: int) -> dict[str, Any]:
    """Return deploy/Caddyfile as the JSON configuration that `caddy adapt` makes of it."""
    variables = {"SITE_ADDRESS": address, "SITE_UPSTREAM": f"127.0.0.1:{upstream}"}
    if caddy_version() < COUNTS_BUFFERED_BODIES:
        variables["REQUEST_BUFFERS"] = "buffer_requests"
    done = subprocess.run(
        [program("caddy"), "adapt", "--config", site.path / "deploy" / "Caddyfile", "--adapter", "caddyfile"],
        env=os.environ | variables, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    configuration: dict[str, Any] = json.loads(done.stdout)
    return configuration


def caddy_version() -> tuple[int, ...]:
    version = subprocess.run([program("caddy"), "version"], capture_output=True, text=True, check=True).stdout
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3])


@contextlib.contextmanager
def caddy_running(configuration: dict[str, Any], folder: Path, ports: list[int]) -> Iterator[None]:
    configuration["admin"] = {"disabled": True}
    configuration["apps"]["pki"] = {"certificate_authorities": {"local": {"install_trust": False}}}
    (folder / "caddy.json").write_text(json.dumps(configuration))
    command = [program("caddy"), "run", "--config", str(folder / "caddy.json")]
    data = {"XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder), "HOME": str(folder)}
    with running(command, folder / "caddy.log", ports, **data):
        yield
