"""More hostile requests: the host, the method, the range, the version. See `hostile.py`.

The test replaces `STATIC` with the path of an existing static file.
"""

from __future__ import annotations

from production.hostile import END, HOST, SECURE, request

STATIC = b"/STATIC"
HTTPS = b"X-Forwarded-Proto: https\r\n"

# All of these are refused: the site must not send a page or a redirection for a foreign host.
HOSTS = {
    name: request("/", b"Host: " + host + b"\r\n" + HTTPS)
    for name, host in {
        "another": b"evil.example",
        "a subdomain": b"evil.localhost",
        "the host as a prefix": b"localhost.evil.example",
        "the host as a user": b"localhost@evil.example",
        "the host in the password": b"a:localhost@evil.example",
        "the host before a path": b"evil.example/localhost",
        "the host after a fragment": b"evil.example#localhost",
        "two hosts": b"localhost, evil.example",
        "two hosts without a comma": b"localhost evil.example",
        "a port that is invalid": b"localhost:port",
        "a port with a host": b"localhost:80@evil.example",
        "nothing": b"",
        "only a port": b":80",
        "only a dot": b".",
        "a wildcard": b"*",
        "quotes": b'"localhost"',
        "markup": b"<script>alert(1)</script>",
        "a tab within": b"local\thost",
        "not ASCII": "löcalhost".encode(),
        "not UTF-8": b"\xff\xfe",
        "an address": b"127.0.0.1",
        "an address as one number": b"2130706433",
        "an address of IPv6": b"[::1]",
        "an address of IPv6 with a zone": b"[fe80::1%25eth0]",
        "half an address of IPv6": b"[::1",
        "a cloud's metadata": b"169.254.169.254",
        "letters that look alike": "l\u043ecalhost".encode(),
        "two dots at the end": b"localhost..",
    }.items()
} | {
    "none": request("/", HTTPS),
    "twice, the same": request("/", HOST + HOST + HTTPS),
    "twice, another one second": request("/", HOST + b"Host: evil.example\r\n" + HTTPS),
    "twice, another one first": request("/", b"Host: evil.example\r\n" + HOST + HTTPS),
    "in an absolute target, with a wrong header": request(
        "https://localhost/", b"Host: evil.example\r\n" + HTTPS
    ),
    "another, for a missing static file": request("/static/none.css", b"Host: evil.example\r\n" + HTTPS),
    "another, for a redirection to HTTPS": request("/", b"Host: evil.example\r\n"),
    "another, for a redirection to a slash": request("/about", b"Host: evil.example\r\n" + HTTPS),
    "another, for the admin": request("/admin/", b"Host: evil.example\r\n" + HTTPS),
}  # fmt: skip

# Headers of proxies that the site does not use: the answer is the same as without them.
FORWARDED = {
    name: request("/", SECURE + header + b"\r\n")
    for name, header in {
        "another host": b"X-Forwarded-Host: evil.example",
        "another host by the standard": b'Forwarded: for=127.0.0.1;host=evil.example;proto="https"',
        "another server": b"X-Forwarded-Server: evil.example",
        "another port": b"X-Forwarded-Port: 1",
        "a prefix": b"X-Forwarded-Prefix: //evil.example",
        "a path": b"X-Forwarded-Path: //evil.example",
    }.items()
}

METHODS = {
    f"{method or 'nothing'} of {what}": request(target, method=method.encode())
    for what, target in {"a page": b"/", "a static file": STATIC, "a missing page": b"/none"}.items()
    for method in ("TRACE", "TRACK", "DEBUG", "PUT", "DELETE", "PATCH", "PROPFIND", "get", "G3T", "G#T", "")
} | {
    "CONNECT to a host": request("evil.example:443", method=b"CONNECT"),
    "CONNECT to a page": request("/", method=b"CONNECT"),
    "OPTIONS of everything": request("*", method=b"OPTIONS"),
    "GET of everything": request("*"),
    "OPTIONS of a page": request("/", method=b"OPTIONS"),
    "OPTIONS of a static file": request(STATIC, method=b"OPTIONS"),
    "a preflight from another site": request(
        "/accounts/login/",
        SECURE + b"Origin: https://evil.example\r\nAccess-Control-Request-Method: POST\r\n",
        b"OPTIONS",
    ),
    "POST to a static file": request(STATIC, SECURE + b"Content-Length: 1\r\n", b"POST", b"a"),
    "POST to the home page": request("/", SECURE + b"Content-Length: 1\r\n", b"POST", b"a"),
    "POST without the token": request("/accounts/login/", SECURE + b"Content-Length: 1\r\n", b"POST", b"a"),
    "POST without a length": request("/accounts/login/", method=b"POST"),
    "POST of JSON": request(
        "/accounts/login/", SECURE + b"Content-Type: application/json\r\nContent-Length: 2\r\n", b"POST", b"{}"
    ),
    "a sign-out by GET": request("/accounts/logout/"),
    "GET with a body": request("/", SECURE + b"Content-Length: 1\r\n", body=b"a"),
    "HEAD with a body": request("/", SECURE + b"Content-Length: 1\r\n", b"HEAD", b"a"),
    "a fragment in the target": request("/#admin"),
    "a target without a slash": request("admin"),
    "a target of another host": request("http://evil.example/"),
    "a target of another host without a scheme": request("//evil.example/about"),
    "a target of another host, for a slash": request("//evil.example/%2e%2e"),
    "a target with blanks": request("/a b c"),
    "no target": b"GET HTTP/1.1\r\n" + SECURE + END,
    "an open redirection": request("/accounts/login/?next=https://evil.example/"),
}

VERSIONS = {
    f"version {version!r}": b"GET / " + version.encode() + b"\r\n" + SECURE + END
    for version in (
        "HTTP/0.9", "HTTP/1.2", "HTTP/1.99", "HTTP/2", "HTTP/2.0", "HTTP/3.0", "HTTP/9.9", "HTTP/-1.1", "HTTP/1.1.1",
        "HTTP/1,1", "HTTP/", "HTTP", "http/1.1", "HTTPS/1.1", "ICY/1.0", "HTTP/1.1 HTTP/1.1", "HTTP/1.1\t", "1.1",
    )
} | {
    "no version": b"GET /\r\n",
    "no version, but headers": b"GET /\r\n" + SECURE + END,
    "HTTP/1.0 without a host": b"GET / HTTP/1.0\r\n" + HTTPS + b"\r\n",
}  # fmt: skip

RANGES = {
    name: request(STATIC, SECURE + b"Range: " + value + b"\r\n")
    for name, value in {
        "of one byte": b"bytes=0-0",
        "of the last byte": b"bytes=-1",
        "of no byte": b"bytes=-0",
        "behind the end": b"bytes=9999999-",
        "beyond the end": b"bytes=0-9999999",
        "up to a huge number": b"bytes=0-" + b"9" * 5000,
        "from a huge number": b"bytes=" + b"9" * 5000 + b"-",
        "backwards": b"bytes=5-1",
        "negative": b"bytes=--1",
        "negative on both sides": b"bytes=-1--1",
        "of nothing": b"bytes=",
        "of a hyphen": b"bytes=-",
        "of letters": b"bytes=a-b",
        "of other digits": "bytes=\u0660-\u0669".encode(),
        "in superscript digits": b"bytes=\xb2-\xb3",
        "with an underscore": b"bytes=0-1_0",
        "with blanks": b"bytes = 0 - 1",
        "with a fraction": b"bytes=0.5-1.5",
        "in hexadecimal": b"bytes=0x0-0x1",
        "of another unit": b"lines=0-1",
        "without a unit": b"0-1",
        "of a thousand overlapping parts": b"bytes=" + b",".join([b"0-"] * 1000),
        "of a thousand tiny parts": b"bytes=" + b",".join(b"%d-%d" % (n, n) for n in range(1000)),
        "with a list that is empty": b"bytes=,,,",
        "with a null byte": b"bytes=\0-1",
    }.items()
} | {
    "of a page": request("/", SECURE + b"Range: bytes=0-0\r\n"),
    "of a missing file": request("/static/none.css", SECURE + b"Range: bytes=0-0\r\n"),
    "with HEAD": request(STATIC, SECURE + b"Range: bytes=0-0\r\n", b"HEAD"),
    "twice": request(STATIC, SECURE + b"Range: bytes=0-0\r\nRange: bytes=5-5\r\n"),
    "if a tag that is invalid": request(STATIC, SECURE + b"Range: bytes=0-1\r\nIf-Range: \xff\r\n"),
    "if a date that is invalid": request(STATIC, SECURE + b"Range: bytes=0-1\r\nIf-Range: yesterday\r\n"),
    "and compressed": request(STATIC, SECURE + b"Range: bytes=0-1\r\nAccept-Encoding: br\r\n"),
}  # fmt: skip
