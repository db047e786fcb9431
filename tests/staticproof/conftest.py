"""One copy of the generated site for each worker, and processes that read and prove it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from conftest import Site

from staticproof.planting import Workshop
from staticproof.site_process import SiteProcess


@pytest.fixture(scope="session")
def workshop(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    """A copy of the generated site in which faults are planted, one at a time."""
    return Workshop(site, tmp_path_factory.mktemp("workshop"))


@pytest.fixture(scope="session")
def site_process(workshop: Workshop) -> Iterator[SiteProcess]:
    """Reads and proves the site of the workshop, as it is when asked."""
    with SiteProcess(workshop.root) as process:
        yield process


@pytest.fixture(scope="session")
def lasting_process(workshop: Workshop) -> Iterator[SiteProcess]:
    """The same in one process with the settings and Python of the healthy site: quicker, for all other faults."""
    with SiteProcess(workshop.root, lasting=True) as process:
        yield process
