"""The log: what it says of a request, and what it must never say."""

import json
import logging
import sys
from collections.abc import Iterator
from typing import Any
from wsgiref.util import setup_testing_defaults

import pytest
from django.core import mail
from django.core.mail import mailers
from django.core.wsgi import get_wsgi_application
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from config import logs
from conftest import InThisThread


@pytest.fixture
def lines() -> Iterator[list[dict[str, Any]]]:
    """The lines of the log, read as the JSON objects that production writes."""
    found: list[dict[str, Any]] = []

    class Reader(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            text = self.format(record)
            assert "\n" not in text
            found.append(json.loads(text))

    reader = Reader()
    reader.setFormatter(logs.JsonFormatter())
    logging.getLogger().addHandler(reader)
    yield found
    logging.getLogger().removeHandler(reader)


def test_a_request_is_one_line(client: Client, lines: list[dict[str, Any]]) -> None:
    client.get("/robots.txt")
    [line] = lines
    assert line["message"] == "GET /robots.txt 200"
    assert (line["level"], line["method"], line["path"], line["status"]) == ("INFO", "GET", "/robots.txt", 200)
    assert line["user_id"] is None
    assert line["duration_ms"] > 0
    assert line["time"].endswith("+00:00")


@pytest.mark.django_db  # Django looks at its database connections when a request begins
def test_what_the_process_asks_itself_at_its_start_is_no_line(lines: list[dict[str, Any]]) -> None:
    answered: list[str] = []
    environ: dict[str, Any] = {"HTTP_HOST": "testserver", "PATH_INFO": "/robots.txt", "wsgi.url_scheme": "https"}
    setup_testing_defaults(environ)
    b"".join(get_wsgi_application()(environ, lambda status, headers, *error: answered.append(status)))  # type: ignore[arg-type]
    assert answered == ["200 OK"]
    assert lines == []


@pytest.mark.django_db
def test_the_line_says_who_was_signed_in(client: Client, lines: list[dict[str, Any]]) -> None:
    ada = User.objects.create_user("ada")
    client.force_login(ada)
    client.get("/")
    assert lines[-1]["user_id"] == str(ada.pk)


def test_the_id_of_the_router_is_taken_over(client: Client, lines: list[dict[str, Any]]) -> None:
    response = client.get("/", headers={"x-request-id": "6c1a-42"})
    assert response["X-Request-ID"] == "6c1a-42"
    assert lines[-1]["request_id"] == "6c1a-42"


@pytest.mark.parametrize("given", ["", "two words", "x" * 201, 'quote"', "é"])
def test_an_id_that_no_router_sends_is_replaced(client: Client, lines: list[dict[str, Any]], given: str) -> None:
    response = client.get("/", headers={"x-request-id": given})
    assert response["X-Request-ID"] == lines[-1]["request_id"] != given
    assert len(response["X-Request-ID"]) == 36


def test_what_is_logged_during_a_request_carries_its_id(client: Client, lines: list[dict[str, Any]]) -> None:
    client.post("/accounts/login/", headers={"x-request-id": "6c1a-42"}, data={"csrfmiddlewaretoken": "x"})
    logging.getLogger("elsewhere").warning("afterwards")
    assert {line["request_id"] for line in lines[:-1]} == {"6c1a-42"}
    assert lines[-1]["request_id"] is None


@pytest.mark.django_db
def test_no_secret_reaches_the_log(client: Client, lines: list[dict[str, Any]]) -> None:
    client.cookies["__Host-sessionid"] = "secret-cookie"
    client.get("/?token=secret-query", headers={"authorization": "secret-header", "referer": "https://a/?secret"})
    client.get("/no/such/page/?token=secret-query")
    assert lines
    assert "secret" not in json.dumps(lines)


def test_a_traceback_stays_in_its_line(lines: list[dict[str, Any]]) -> None:
    try:
        float("two\nlines")
    except ValueError:
        logging.getLogger("elsewhere").error("It failed", exc_info=sys.exc_info(), stack_info=True)
    assert "ValueError: could not convert" in lines[0]["exception"]
    assert "test_a_traceback" in lines[0]["stack"]


@pytest.fixture
def handler(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> logs.PatientAdminEmailHandler:
    settings.ADMINS = ["ada@example.com"]
    monkeypatch.setattr(logs, "Thread", InThisThread)
    return logs.PatientAdminEmailHandler()


def record(text: str) -> logging.LogRecord:
    return logging.LogRecord("django.request", logging.ERROR, __file__, 1, text, None, None)


def test_a_storm_of_failures_is_one_mail(handler: logs.PatientAdminEmailHandler) -> None:
    for number in range(3):
        handler.emit(record(f"failure {number}"))
    assert [message.subject for message in mail.outbox] == ["[Django] ERROR: failure 0"]


def test_a_mail_server_that_is_down_is_a_line_in_the_log(
    handler: logs.PatientAdminEmailHandler, monkeypatch: pytest.MonkeyPatch, lines: list[dict[str, Any]]
) -> None:
    def refuse(*args: Any, **kwargs: Any) -> None:
        raise ConnectionRefusedError("nobody there")

    monkeypatch.setattr(type(mailers["default"]), "send_messages", refuse)
    handler.emit(record("failure"))
    assert lines[-1]["message"] == "A mail to the administrators was not sent: nobody there"
