"""The settings of gunicorn, which reads this file by itself. https://gunicorn.org/reference/settings/"""

import os
import socket
from ipaddress import ip_network
from typing import Any

from config.environment import env

# Platforms set PORT. `[::]` accepts IPv4 too, on machines that have IPv6.
bind = f"{'[::]' if socket.has_dualstack_ipv6() else '0.0.0.0'}:{env.PORT}"

# Processes use the cores; threads wait for databases. Two workers suit the smallest machines of most platforms.
worker_class = "gthread"
workers = env.WEB_CONCURRENCY
threads = 4
preload_app = True  # the workers share the memory of the loaded code

# Longer than the 90 seconds of Heroku's router, which must close idle connections first: gunicorn could close one while
# a request is on its way. https://devcenter.heroku.com/articles/http-routing
keepalive = 95
# Less than the 30 seconds that Heroku, Kubernetes and compose.yaml wait after SIGTERM.
graceful_timeout = 25

# Restart a worker now and then, in case a library leaks memory. Requests for static files count too.
max_requests = 1_000_000
max_requests_jitter = 100_000

# In memory, because a disk can be slow or read-only. https://gunicorn.org/faq/
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
control_socket_disable = True  # a read-only container cannot create it, and nothing here uses it

# A dual-stack socket shows an IPv4 address in its IPv6 form (RFC 4291, 2.5.5.2), so that form is trusted too.
_networks = [ip_network(proxy) for proxy in env.FORWARDED_ALLOW_IPS if proxy != "*"]
_mapped = [f"::ffff:{net.network_address}/{net.prefixlen + 96}" for net in _networks if net.version == 4]
forwarded_allow_ips = ",".join([*env.FORWARDED_ALLOW_IPS, *_mapped])
# Only this header: proxies set it, but may pass on a visitor's X-Forwarded-Ssl or X-Forwarded-Protocol.
secure_scheme_headers = {"X-FORWARDED-PROTO": "https"}
# No header changes the path of a request: a trusted router passes on a visitor's SCRIPT_NAME header.
# https://gunicorn.org/reference/settings/#forwarder_headers
forwarder_headers = ""


def pre_fork(server: Any, worker: Any) -> None:
    """Close database connections that code of the site has opened while loading: workers must not share them."""
    from django.db import connections

    connections.close_all()
