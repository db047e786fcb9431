"""The log: JSON lines with a request id and without secrets, and mails to ADMINS."""

import json
import logging
from collections.abc import Iterator
from threading import Thread
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from core import logs


@pytest.fixture
def lines() -> Iterator[list[dict[str, Any]]]:
    """The lines of the log, as production formats them."""
    found: list[dict[str, Any]] = []

    class Reader(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            text = self.format(record)
            assert "\n" not in text
            found.append(json.loads(text))

    reader = Reader()
    console = logging.getHandlerByName("console")
    assert console
    reader.setFormatter(console.formatter)
    reader.addFilter(logs.RequestIdFilter())
    logging.getLogger().addHandler(reader)
    yield found
    logging.getLogger().removeHandler(reader)


def test_a_request_is_one_line(client: Client, lines: list[dict[str, Any]]) -> None:
    client.get("/robots.txt")
    [line] = lines
    assert line["message"] == "GET /robots.txt 200"
    assert (line["level"], line["method"], line["path"], line["status"]) == ("INFO", "GET", "/robots.txt", 200)
    assert line["logger"] == "core.requests"
    assert line["duration_ms"] > 0
    assert line["time"].endswith("+00:00")


def test_the_request_id_of_the_router_is_used_for_all_lines(client: Client, lines: list[dict[str, Any]]) -> None:
    response = client.post(reverse("login"), {"csrfmiddlewaretoken": "x"}, headers={"x-request-id": "6c1a-42"})
    logging.getLogger("elsewhere").warning("afterwards")
    assert response["X-Request-ID"] == "6c1a-42"
    assert [line["request_id"] for line in lines] == ["6c1a-42", None]


@pytest.mark.parametrize("sent", ["", "two words", "x" * 201, 'quote"', "é"])
def test_an_invalid_request_id_is_replaced(client: Client, lines: list[dict[str, Any]], sent: str) -> None:
    response = client.get("/robots.txt", headers={"x-request-id": sent})
    assert response["X-Request-ID"] == lines[-1]["request_id"] != sent
    assert len(response["X-Request-ID"]) == 36


def test_no_secret_is_logged(client: Client, lines: list[dict[str, Any]]) -> None:
    client.cookies["secret-cookie"] = "secret-cookie"
    client.get("/robots.txt?token=secret", headers={"authorization": "secret", "referer": "https://a/?secret"})
    client.get("/no/such/page/?token=secret")
    client.get(reverse("password_reset_confirm", args=["x", "secret"]))
    assert lines
    assert "secret" not in json.dumps(lines)


@pytest.fixture
def handler(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> logs.ThrottledAdminEmailHandler:
    settings.ADMINS = ["ada@example.com"]
    monkeypatch.setattr(Thread, "start", Thread.run)  # in the thread of the test
    return logs.ThrottledAdminEmailHandler()


def failure(number: int) -> logging.LogRecord:
    return logging.LogRecord("django.request", logging.ERROR, __file__, 1, f"failure {number}", None, None)


def test_many_failures_are_one_mail(handler: logs.ThrottledAdminEmailHandler) -> None:
    for number in range(3):
        handler.emit(failure(number))
    assert [message.subject for message in mail.outbox] == ["[Django] ERROR: failure 0"]
