"""What a reader must know of the machine: no more than that."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path


def machine(python: Path | None = None) -> str:
    """System, processor, cores, memory and versions in a line, `python` being the interpreter of the site."""
    packages = f", {_packages(python)}" if python else f", Python {platform.python_version()}"
    memory = f", {_memory_gigabytes():.0f} GB" if Path("/proc/meminfo").exists() else ""
    return f"{platform.system()} {platform.machine()}, {len(os.sched_getaffinity(0))} cores{memory}{packages}"


def require(*tools: str) -> None:
    """Stop with one message that names the missing tools and the package that brings them."""
    missing = [tool for tool in tools if not shutil.which(tool, path=search_path())]
    if missing:
        sys.exit(f"These benchmarks need {' and '.join(missing)}. On Debian: apt-get install {' '.join(missing)}")
    if platform.system() != "Linux":
        sys.exit("These benchmarks read /proc, which Linux has.")


def search_path() -> str:
    """PATH and the folders of servers, which a user's PATH may lack."""
    return os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin"])


def _memory_gigabytes() -> float:
    first = Path("/proc/meminfo").read_text(encoding="ascii").split("\n", 1)[0]  # MemTotal: 12345 kB
    return int(first.split()[1]) / 1e6


def _packages(python: Path) -> str:
    code = (
        "import platform; from importlib.metadata import version;"
        "names = 'Django', 'gunicorn', 'whitenoise';"
        "print('Python', platform.python_version(), *(f', {name} {version(name)}' for name in names), sep=' ')"
    )
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip().replace(" ,", ",")
