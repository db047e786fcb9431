"""The machine: its description, its tools, and the memory of a process."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path


def machine(python: Path | None = None) -> str:
    """Return system, cores, memory and versions in one line; ``python`` is the interpreter of the site."""
    packages = f", {_packages(python)}" if python else f", Python {platform.python_version()}"
    first = Path("/proc/meminfo").read_text(encoding="ascii").split("\n", 1)[0]  # MemTotal: 12345 kB
    memory = f"{int(first.split()[1]) / 1e6:.0f} GB"
    return f"{platform.system()} {platform.machine()}, {len(os.sched_getaffinity(0))} cores, {memory}{packages}"


def require(*tools: str) -> None:
    """Exit with one message that names the missing tools."""
    if platform.system() != "Linux":
        sys.exit("These benchmarks read /proc, which Linux has.")
    missing = [tool for tool in tools if not shutil.which(tool, path=search_path())]
    if missing:
        sys.exit(f"These benchmarks need {' and '.join(missing)}. On Debian: apt-get install {' '.join(missing)}")


def search_path() -> str:
    """Return PATH with the folders of servers added, because a user's PATH may lack them."""
    return os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin"])


def megabytes(pid: int) -> float:
    """Return the proportional set size of a process and its descendants, in MB of a million bytes.

    A page that n processes share counts as 1/n for each of them.
    https://docs.kernel.org/filesystems/proc.html
    """
    total = 0
    for member in _family(pid):
        lines = Path(f"/proc/{member}/smaps_rollup").read_text(encoding="ascii").splitlines()
        total += next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total * 1024 / 1e6


def _family(pid: int) -> list[int]:
    """Return a process and all its descendants."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return [pid, *(member for child in children for member in _family(int(child)))]


def _packages(python: Path) -> str:
    code = (
        "import platform; from importlib.metadata import version;"
        "names = 'Django', 'gunicorn', 'whitenoise';"
        "print('Python', platform.python_version(), *(f', {name} {version(name)}' for name in names), sep=' ')"
    )
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip().replace(" ,", ",")
