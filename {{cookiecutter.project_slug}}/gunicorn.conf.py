"""How gunicorn runs the site; it reads this file by itself. https://gunicorn.org/reference/settings/"""

import os
import socket
from ipaddress import ip_network
from pathlib import Path
from typing import Any

# Platforms say in PORT where they send requests. `[::]` takes IPv4 as well, where the machine knows IPv6 at all.
bind = f"{'[::]' if socket.has_dualstack_ipv6() else '0.0.0.0'}:{os.environ.get('PORT', '8000')}"

# Threads wait for databases and slow clients while others work; processes use the cores. Two of them are right for the
# smallest machine of most hosts: one can be replaced while the other answers.
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = 4
preload_app = True  # the workers share the memory of what was loaded before they were made

# Longer than the 90 seconds after which Heroku's router drops an idle connection: the router must be the one to close,
# or a request may arrive on a connection that has just gone. https://devcenter.heroku.com/articles/http-routing
keepalive = 95
# Stop within the 30 seconds that Heroku and Kubernetes grant after SIGTERM.
graceful_timeout = 25

# A leak in some library costs a restart now and then, not the machine; with jitter, not all restart at once.
max_requests = 10_000
max_requests_jitter = 1_000

# The heartbeat file belongs in memory: on a disk it can block a worker. https://gunicorn.org/faq/
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None
# gunicorn's control socket cannot be made in a read-only container, and nothing here uses it.
control_socket_disable = True

# Whose X-Forwarded-Proto is believed. On Heroku only the router reaches the process; elsewhere name your proxy.
_proxies = os.environ.get("FORWARDED_ALLOW_IPS", "*" if "DYNO" in os.environ else "127.0.0.1,::1").split(",")
_networks = [ip_network(proxy.strip()) for proxy in _proxies if proxy.strip() != "*"]
# A socket that takes both shows an IPv4 address in its IPv6 form (RFC 4291, 2.5.5.2).
_mapped = [f"::ffff:{net.network_address}/{net.prefixlen + 96}" for net in _networks if net.version == 4]
forwarded_allow_ips = ",".join([*_proxies, *_mapped])

accesslog = "-"  # to the terminal, which every platform collects


def when_ready(server: Any) -> None:
    """Load what a visitor needs before the workers are made: they share it, and the first visitor does not wait."""
    from config.warmup import warm_up  # with preload_app, the site is loaded by now

    warm_up(server.app.wsgi())
