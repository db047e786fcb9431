"""Requests per second for a static file behind the generated deploy/nginx.conf, over HTTPS."""

from __future__ import annotations

import shutil
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from conftest import Site
from harness.bench import Bench
from harness.load import load
from harness.report import Claim, Section, alternating
from production.proxies import Proxy, nginx

CONNECTIONS = 16
BROWSER = {"Host": "localhost", "Accept-Encoding": "gzip, deflate, br"}
SERVED, PLAIN, PASSED, HELLO = (
    "deploy/nginx.conf",
    "nginx, a plain folder",
    "passed on to the site",
    "passed on to hello",
)
TEXT = f"""\
A stylesheet over HTTPS, requested by wrk over {CONNECTIONS} kept-alive connections from Debian's nginx.
`deploy/nginx.conf` of the generated site serves the file itself, compared with an nginx that only serves a folder with
the same compressed files. Then the same `deploy/nginx.conf` does not find the file and passes the request on to the
site, compared with the same nginx in front of a WSGI application that does nothing, both with our
`gunicorn.conf.py`."""
# Without security headers and without the site behind it, but with the same certificate and the same files.
CONFIGURATION = """\
server { listen 80; server_name example.com; proxy_pass_header Date; location / { proxy_pass http://127.0.0.1:8000; } }
server {
    listen 443 ssl http2;
    server_name example.com;
    ssl_certificate /etc/letsencrypt/live/example.com/fullchain.pem;
    ssl_certificate_key /etc/letsencrypt/live/example.com/privkey.pem;
    location /static/ { alias /srv/my-site/staticfiles/; gzip_static on; brotli_static on; }
}
"""


def measure(bench: Bench) -> Section:
    """Measure requests per second in turns."""
    path = bench.static_url("css/site.*.css")
    with ExitStack() as servers:
        ours = servers.enter_context(bench.ours(path))
        size = len(ours.get(path, {**BROWSER, "X-Forwarded-Proto": "https"})[2])
        hello = servers.enter_context(bench.hello(body_bytes=size))
        own = (bench.site / "deploy" / "nginx.conf").read_text(encoding="utf-8")

        def proxy(name: str, configuration: str, upstream: int, *, files: bool) -> Proxy:
            folder = bench.folder / "nginx" / name
            site = folder / "my-site"
            (site / "deploy").mkdir(parents=True)
            (site / "deploy" / "nginx.conf").write_text(configuration, encoding="utf-8")
            if files:
                shutil.copytree(bench.site / "staticfiles", site / "staticfiles")
            _open_to_all(folder, bench.folder)
            return servers.enter_context(nginx(Site(site, ""), folder, upstream))

        subjects = {
            SERVED: proxy("served", own, ours.port, files=True),
            PLAIN: proxy("plain", CONFIGURATION, ours.port, files=True),
            PASSED: proxy("passed", own, ours.port, files=False),
            HELLO: proxy("hello", own, hello.port, files=False),
        }

        def speed(proxy: Proxy) -> float:
            url = f"https://127.0.0.1:{proxy.port}{path}"
            return load(url, CONNECTIONS, bench.seconds, BROWSER).requests_per_second

        measured = {name: partial(speed, proxy) for name, proxy in subjects.items()}
        taken = alternating(measured, bench.runs, "requests/s")
    return Section(
        name="nginx",
        title="A static file behind nginx",
        text=TEXT,
        machine=bench.machine,
        claims=[
            Claim("static requests/s of nginx", taken[SERVED], taken[PLAIN], PLAIN, 0.9, "least"),
            Claim("static requests/s through nginx", taken[PASSED], taken[HELLO], HELLO, 0.9, "least"),
        ],
    )


def _open_to_all(folder: Path, top: Path) -> None:
    """Let the processes of nginx, which may be another user's, enter the folder."""
    for path in (folder, *folder.parents):
        path.chmod(0o755)
        if path == top:
            return
