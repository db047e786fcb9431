"""Requests per second, measured by wrk: https://github.com/wg/wrk"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass

# The headers of a proxy in front of the site; without them the site redirects to HTTPS.
PROXIED = {"Host": "localhost", "X-Forwarded-Proto": "https"}
UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}


class LoadError(Exception):
    """A request failed, so the measured speed means nothing."""


@dataclass(frozen=True)
class Load:
    """The result of one run of wrk; latencies in seconds."""

    requests_per_second: float
    requests: int
    latency_median: float
    latency_99: float


def load(
    url: str, connections: int = 16, seconds: float = 2, headers: Mapping[str, str] = PROXIED, threads: int = 1
) -> Load:
    """Request the URL over ``connections`` connections for ``seconds``, rounded to at least one whole second.

    Raises:
        LoadError: an answer was neither 2xx nor 3xx, or a connection failed.
    """
    command = ["wrk", "--latency", "-t", str(min(threads, connections)), "-c", str(connections)]
    command += ["-d", f"{max(1, round(seconds))}s", "--timeout", "10s"]
    for name, value in headers.items():
        command += ["-H", f"{name}: {value}"]
    done = subprocess.run([*command, url], capture_output=True, text=True, check=False)
    if done.returncode:
        raise LoadError(f"wrk on {url}: {done.stderr.strip() or done.stdout.strip()}")
    return parsed(done.stdout)


def parsed(report: str) -> Load:
    """Return the numbers of a report of `wrk --latency`.

    Raises:
        LoadError: the report names errors, or it is not a report.
    """
    for trouble in (r"Non-2xx or 3xx responses: .*", r"Socket errors: .*"):
        if found := re.search(trouble, report):
            raise LoadError(f"wrk reports: {found[0]}")
    speed = re.search(r"Requests/sec:\s+([\d.]+)", report)
    requests = re.search(r"(\d+) requests in", report)
    if not speed or not requests or not int(requests[1]):
        raise LoadError(f"wrk reports no requests:\n{report}")
    return Load(float(speed[1]), int(requests[1]), _latency(report, 50), _latency(report, 99))


def _latency(report: str, percentile: int) -> float:
    found = re.search(rf"{percentile}%\s+([\d.]+)(us|ms|s|m|h)", report)
    if not found:
        raise LoadError(f"wrk reports no latencies:\n{report}")
    return float(found[1]) * UNITS[found[2]]
