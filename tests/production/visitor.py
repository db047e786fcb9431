"""A visitor of the site behind HTTPS that keeps cookies, submits forms and uploads files."""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import uuid
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any, NamedTuple
from urllib.parse import urlencode

ORIGIN = "https://localhost"
ADMIN, PASSWORD = "ada", "a long enough passphrase"
CREATE_ADMIN = f"""
from accounts.models import User
User.objects.create_superuser({ADMIN!r}, "ada@example.com", {PASSWORD!r})
"""


class Answer(NamedTuple):
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class File(NamedTuple):
    name: str
    content: bytes
    type: str = "application/octet-stream"


@dataclass
class Visitor:
    """A visitor with its cookies. ``others`` are ports to try when a connection is refused, as a router does."""

    port: int
    cookies: dict[str, str] = field(default_factory=dict)
    others: list[int] = field(default_factory=list)
    timeout: float = 120

    def get(self, path: str, headers: dict[str, str] | None = None) -> Answer:
        return self.send("GET", path, headers=headers)

    def post(self, path: str, fields: dict[str, str], **files: File) -> Answer:
        """Send a form as a browser does: with the referring page, and as multipart if there are files."""
        if not files:
            return self.send("POST", path, urlencode(fields).encode(), "application/x-www-form-urlencoded")
        boundary = uuid.uuid4().hex
        parts = [(f'form-data; name="{name}"', value.encode(), "") for name, value in fields.items()]
        parts += [
            (f'form-data; name="{name}"; filename="{file.name}"', file.content, f"Content-Type: {file.type}\r\n")
            for name, file in files.items()
        ]
        body = b"".join(
            f"--{boundary}\r\nContent-Disposition: {disposition}\r\n{kind}\r\n".encode() + content + b"\r\n"
            for disposition, content, kind in parts
        )
        return self.send(
            "POST", path, body + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"
        )

    def submit(self, path: str, fields: dict[str, str], *, to: str = "", **files: File) -> Answer:
        """Open the page of a form and send the form with its CSRF token to the same path, or to another one."""
        page = self.get(path)
        assert page.status == 200, (path, page.status, page.body[:500])
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
        assert token is not None, f"{path} has no form"
        return self.post(to or path, {"csrfmiddlewaretoken": token[1]} | fields, **files)

    def sign_in(self, name: str = ADMIN, password: str = PASSWORD) -> Answer:
        return self.submit("/accounts/login/", {"username": name, "password": password})

    def titles(self) -> set[str]:
        """Return the titles of all documents in the database."""
        return set(self.get("/documents/titles/").json)

    def send(
        self, method: str, path: str, body: bytes | None = None, kind: str = "", headers: dict[str, str] | None = None
    ) -> Answer:
        sent = {"Host": "localhost", "X-Forwarded-Proto": "https", "Connection": "close"} | (headers or {})
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if kind:
            sent |= {"Content-Type": kind, "Origin": ORIGIN, "Referer": ORIGIN + path}
        connection = self.connect()
        try:
            connection.request(method, path, body, sent)
            response = connection.getresponse()
            answer = Answer(response.status, response.headers, response.read())
        finally:
            connection.close()
        for line in answer.headers.get_all("Set-Cookie", []):
            for name, morsel in SimpleCookie(line).items():
                if morsel["max-age"] == "0" or not morsel.value:
                    self.cookies.pop(name, None)
                else:
                    self.cookies[name] = morsel.value
        return answer

    def connect(self) -> http.client.HTTPConnection:
        for port in (self.port, *self.others):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=self.timeout)
            with contextlib.suppress(ConnectionRefusedError):
                connection.connect()
                return connection
        raise ConnectionRefusedError(f"no server listens at {self.port} or {self.others}")
