"""The browser of tests/browser, for the tests here."""

from browser.conftest import browser, tls

__all__ = ["browser", "tls"]
