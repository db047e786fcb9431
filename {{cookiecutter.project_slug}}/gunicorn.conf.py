"""How gunicorn runs the site; it reads this file by itself. https://gunicorn.org/reference/settings/"""

import gc
import os
import socket
from ipaddress import ip_network
from typing import Any

from gunicorn.glogging import Logger  # type: ignore[import-untyped]

# What is loaded is no garbage, yet the collector looks for some again and again: a tenth of the time of a start. What
# it frees leaves holes in the memory that the workers share, and each worker that fills one copies the page. The rest
# of this is in `pre_fork` and `post_fork`. https://docs.python.org/3/library/gc.html#gc.freeze
gc.disable()

# Platforms say in PORT where they send requests. `[::]` takes IPv4 as well, where the machine knows IPv6 at all.
bind = f"{'[::]' if socket.has_dualstack_ipv6() else '0.0.0.0'}:{os.environ.get('PORT', '8000')}"

# Threads wait for databases and slow clients while others work; processes use the cores. Two of them are right for the
# smallest machine of most hosts: one can be replaced while the other answers.
worker_class = "edge.worker.Worker"  # gunicorn's gthread, patient with slow visitors and quick with static files
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))  # set by Heroku's classic builder, and by nothing else
threads = 4
preload_app = True  # the workers share the memory of what was loaded before they were made

# Longer than the 90 seconds after which Heroku's router drops an idle connection: the router must be the one to close,
# or a request may arrive on a connection that has just gone. https://devcenter.heroku.com/articles/http-routing
keepalive = 95
# Requests may end within the 30 seconds that Heroku, Kubernetes and compose.yaml grant after SIGTERM.
graceful_timeout = 25

# A leak in some library costs a restart now and then, not the machine; with jitter, not all restart at once.
max_requests = 10_000
max_requests_jitter = 1_000

# The heartbeat file belongs in memory: on a disk it can block a worker, and a container's may be read-only.
# https://gunicorn.org/faq/
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
# gunicorn's control socket cannot be made in a read-only container, and nothing here uses it.
control_socket_disable = True

# Whose X-Forwarded-Proto is believed. On Heroku only the router reaches the process; elsewhere name your proxy.
_proxies = os.environ.get("FORWARDED_ALLOW_IPS", "*" if "DYNO" in os.environ else "127.0.0.1,::1").split(",")
_networks = [ip_network(proxy.strip()) for proxy in _proxies if proxy.strip() != "*"]
# A socket that takes both shows an IPv4 address in its IPv6 form (RFC 4291, 2.5.5.2).
_mapped = [f"::ffff:{net.network_address}/{net.prefixlen + 96}" for net in _networks if net.version == 4]
forwarded_allow_ips = ",".join([*_proxies, *_mapped])
# That header alone: a proxy sets it anew, but may hand on X-Forwarded-Ssl or X-Forwarded-Protocol of a visitor.
secure_scheme_headers = {"X-FORWARDED-PROTO": "https"}
# The paths of a request are never a proxy's to change: a router that is believed hands on what a visitor has sent, and
# a header SCRIPT_NAME would be answered with 500. https://gunicorn.org/reference/settings/#forwarder_headers
forwarder_headers = ""


class logger_class(Logger):  # type: ignore[misc]  # gunicorn has no types; the name is that of its setting
    """gunicorn's own messages as lines of JSON, like all others, and no log of requests: Django's has more to say.

    Heroku's classic builder would switch that log on by GUNICORN_CMD_ARGS.
    """

    def setup(self, cfg: Any) -> None:
        from config.logs import JsonFormatter

        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(JsonFormatter())

    def access(self, *args: Any) -> None:
        pass


def when_ready(server: Any) -> None:
    """Load what a visitor needs before the workers are made: they share it, and the first visitor does not wait."""
    from gunicorn.util import seed  # type: ignore[import-untyped]

    from config.warmup import warm_up  # with preload_app, the site is loaded by now

    warm_up(server.app.wsgi())
    seed()  # as each worker will: it loads a library for that


def pre_fork(server: Any, worker: Any) -> None:
    """Leave no connection to the workers, who would all speak on it at once: what was loaded may have opened one.

    And nothing that is there by now is for their garbage collectors: they would write into the memory that is shared.
    """
    from django.db import connections

    for connection in connections.all(initialized_only=True):
        connection.close()
        if hasattr(connection, "close_pool"):  # of PostgreSQL; its threads do not come along either
            connection.close_pool()
    gc.freeze()


def post_fork(server: Any, worker: Any) -> None:
    """Collect garbage from here on: requests leave some. Only here, for a reload reads this file again."""
    gc.enable()


def child_exit(server: Any, worker: Any) -> None:
    """However a worker has ended, the others expect nothing more of it."""
    if hasattr(worker, "share"):  # not where another worker class is named on the command line
        worker.share(-1)


def post_request(worker: Any, req: Any, environ: dict[str, Any], resp: Any) -> None:
    """Do not count static files towards `max_requests`: they run next to no code, and many come in a second.

    Those that the worker answers by itself (`edge/worker.py`) are not told here, nor are they counted.
    """
    if req.path.startswith("/static/"):
        worker.nr -= 1
