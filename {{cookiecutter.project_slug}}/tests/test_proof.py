"""The whole proof is part of the tests: what it finds, a commit does not break unnoticed."""

from tests.test_settings import run


def test_every_static_reference_resolves_and_is_served() -> None:
    proven = run("manage.py", "provestatic")
    assert proven.returncode == 0, proven.stdout + proven.stderr
