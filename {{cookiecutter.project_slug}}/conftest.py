"""Fixtures for the tests of the site and of every app: collected static files, and a client that uses HTTPS."""

from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client


@pytest.fixture(scope="session", autouse=True)
def _collected() -> None:
    """Collect the static files once, as a deployment does."""
    call_command("collectstatic", interactive=False, verbosity=0)


class SecureClient(Client):
    """A client that uses HTTPS, as production redirects HTTP."""

    def generic(self, *args: Any, **kwargs: Any) -> Any:
        return super().generic(*args, **kwargs | {"secure": True})


@pytest.fixture
def client() -> Client:
    return SecureClient()
