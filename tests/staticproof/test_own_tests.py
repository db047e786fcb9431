"""The tests that staticproof brings along pass inside a generated site: an owner may change it with confidence."""

from __future__ import annotations

import pytest
from conftest import Site

# Two halves of about the same time, so that two workers can share it: what starts whole processes, and the rest.
WHOLE_PROCESSES = ("test_provestatic.py", "test_faults.py", "test_analysis.py")
FIRST = tuple(f"staticproof/tests/{name}" for name in WHOLE_PROCESSES)
SECOND = ("staticproof", *(f"--ignore={path}" for path in FIRST))


@pytest.mark.parametrize("half", [FIRST, SECOND], ids=["whole processes", "the rest"])
def test_the_tests_of_the_app_itself_pass(half: tuple[str, ...], copy: Site) -> None:
    # With bytecode: these tests start Django dozens of times.
    done = copy.tool("pytest", "-q", "--no-cov", *half, PYTHONDONTWRITEBYTECODE="")
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr
