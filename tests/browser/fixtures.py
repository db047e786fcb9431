"""One browser for all tests of a pytest worker, because playwright starts only once in a process."""

from __future__ import annotations

import os
import shutil
import ssl
from collections.abc import Iterator

import pytest
from conftest import ROOT
from playwright.sync_api import Browser, sync_playwright

from browser.tls import certificate

ARTEFACTS = ROOT / "artefacts"
# Debian's Chromium runs as root here, and must not use the network by itself.
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
FLAGS += ["--disable-component-update", "--disable-sync"]

Tls = tuple[ssl.SSLContext, str]


@pytest.fixture(scope="session")
def tls() -> Tls:
    return certificate()


@pytest.fixture(scope="session")
def browser(tls: Tls) -> Iterator[Browser]:
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if not chromium:
        pytest.fail("Chromium is not installed: apt-get install chromium, or name another browser in CHROMIUM")
    trust = f"--ignore-certificate-errors-spki-list={tls[1]}"
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=[*FLAGS, trust])
        yield launched
        launched.close()
