"""What is loaded before the workers are made, and what a visitor of the home page costs."""

from typing import Any

import pytest
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from config.warmup import warm_up


@pytest.mark.django_db  # a request ends by closing connections that have grown old
def test_pages_are_asked_for() -> None:
    assert warm_up(get_wsgi_application()) == ["200 OK", "200 OK"]


def test_an_application_that_fails_keeps_no_server_from_starting() -> None:
    def failing(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response("500 Internal Server Error", [])
        return [b"sorry"]

    assert set(warm_up(failing)) == {"500 Internal Server Error"}


@pytest.mark.django_db
def test_an_anonymous_visitor_of_the_home_page_costs_no_query(client: Client) -> None:
    with CaptureQueriesContext(connection) as queries:
        assert client.get("/", secure=True).status_code == 200
    assert not queries.captured_queries
