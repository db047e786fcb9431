"""What the tests of the site and of every app share: collected static files, and a client behind HTTPS."""

import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client


@pytest.fixture(scope="session", autouse=True)
def _collected() -> Iterator[None]:
    """Collect the static files once, as a deploy does, so that pages render with the real storage."""
    call_command("collectstatic", interactive=False, verbosity=0)
    yield
    shutil.rmtree(settings.STATIC_ROOT)
    shutil.rmtree(settings.MEDIA_ROOT)


class SecureClient(Client):
    """A client behind HTTPS, since production redirects anything else."""

    def generic(self, *args: Any, **kwargs: Any) -> Any:
        return super().generic(*args, **kwargs | {"secure": True})


class InThisThread:
    """Stands in for a thread, so that a test sees what was done when the call returns."""

    def __init__(self, target: Callable[..., Any], args: Any = (), kwargs: Any = None, daemon: bool = False) -> None:
        self.start = lambda: target(*args, **kwargs or {})

    def join(self, timeout: float) -> None:
        """Nothing is left to wait for."""

    def is_alive(self) -> bool:
        return False


@pytest.fixture
def client() -> Client:
    return SecureClient()
