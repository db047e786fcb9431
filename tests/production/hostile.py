"""Requests of attackers and broken programs, grouped by theme; no browser sends them.

Each theme maps the name of a case to its bytes. `test_hostile.py` sends them and checks the answers.
"""

from __future__ import annotations

from itertools import product

SECRET = "outside.txt"  # the test puts this file next to the folder of the static files, out of reach of any request
HOST = b"Host: localhost\r\n"
SECURE = HOST + b"X-Forwarded-Proto: https\r\n"
END = b"Connection: close\r\n\r\n"
HUGE = 10**6


def request(target: bytes | str, headers: bytes = SECURE, method: bytes = b"GET", body: bytes = b"") -> bytes:
    target = target.encode() if isinstance(target, str) else target
    return method + b" " + target + b" HTTP/1.1\r\n" + headers + END + body


# --- Path traversal ---------------------------------------------------------------------------------------------------

# One step up, in the spellings that some server has decoded to "../".
STEPS = {
    "plain": "../",
    "encoded slash": "..%2f",
    "encoded slash, capitals": "..%2F",
    "encoded dots": "%2e%2e/",
    "encoded dots, capitals": "%2E%2E/",
    "one encoded dot": ".%2e/",
    "all encoded": "%2e%2e%2f",
    "encoded twice": "%252e%252e%252f",
    "slash encoded twice": "..%252f",
    "encoded three times": "%25252e%25252e%25252f",
    "backslash": "..\\",
    "encoded backslash": "..%5c",
    "all encoded, backslash": "%2e%2e%5c",
    "backslash encoded twice": "..%255c",
    "overlong slash": "..%c0%af",
    "overlong dots": "%c0%ae%c0%ae/",
    "overlong dots and slash": "%c0%ae%c0%ae%c0%af",
    "overlong in three bytes": "%e0%80%ae%e0%80%ae%e0%80%af",
    "overlong in four bytes": "%f0%80%80%ae%f0%80%80%ae%f0%80%80%af",
    "fullwidth": "%ef%bc%8e%ef%bc%8e%ef%bc%8f",
    "division slash": "..%e2%88%95",
    "%u notation": "%u002e%u002e%u2215",
    "nested": "....//",
    "nested backslash": "....\\/",
    "nested and encoded": "..%2e%2e%2f%2f",
    "path parameter": "..;/",
    "encoded path parameter": "..%3b/",
    "null byte before the slash": "..%00/",
    "tab before the slash": "..%09/",
    "blank before the slash": "..%20/",
    "line end before the slash": "..%0d%0a/",
    "current folder between": ".././",
    "slash doubled": "..//",
    "quotes": '"../"',
    "three dots": ".../",
    "half an escape": "..%2",
    "invalid escape": "..%zz",
}
OUTSIDE = {"the file outside": (1, SECRET), "passwd": (12, "etc/passwd")}

TRAVERSAL = {
    f"{name}, to {goal}": request("/static/" + step * times + file)
    for (name, step), (goal, (times, file)) in product(STEPS.items(), OUTSIDE.items())
} | {
    "from the root": request(f"/../{SECRET}"),
    "from the root, encoded": request("/%2e%2e/%2e%2e/etc/passwd"),
    "from a folder inside": request(f"/static/css/../../{SECRET}"),
    "from a folder inside, encoded": request(f"/static/css/%2e%2e/%2e%2e/{SECRET}"),
    "from a missing folder": request(f"/static/none/../../{SECRET}"),
    "without the slash after static": request(f"/static../{SECRET}"),
    "without the slash after static, encoded": request(f"/static%2e%2e/{SECRET}"),
    "from the media": request(f"/media/../{SECRET}"),
    "from the media, encoded": request(f"/media/%2e%2e%2f{SECRET}"),
    "an absolute path": request("/static//etc/passwd"),
    "an absolute path, encoded": request("/static/%2fetc%2fpasswd"),
    "an absolute path only": request("//etc/passwd"),
    "a drive of Windows": request("/static/C:%5cWindows%5cwin.ini"),
    "a share of Windows": request("/static/%5c%5clocalhost%5cc$%5cboot.ini"),
    "a stream of NTFS": request("/static/css::$DATA"),
    "a home folder": request("/static/~root/.profile"),
    "a file URL": request("file:///etc/passwd"),
    "a null byte before the ending": request("/static/../../../../etc/passwd%00.css"),
    "the settings": request("/static/../config/settings.py"),
    "the settings, from the root": request("/config/settings.py"),
    "the environment": request("/.env"),
    "the database": request("/db.sqlite3"),
    "the repository": request("/.git/config"),
    "the process": request("/static/../../../../../../proc/self/environ"),
    "very many steps up": request("/static/" + "../" * 1000 + "etc/passwd"),
    "in the query": request("/?file=../../../../etc/passwd"),
    "in the name of the language": request("/", SECURE + b"Accept-Language: ../../../../etc/passwd\r\n"),
    "in the cookie of the session": request("/", SECURE + b"Cookie: __Host-sessionid=../../../../etc/passwd\r\n"),
}

# --- Bytes that are not text ------------------------------------------------------------------------------------------

BYTES = {
    "a null byte in the path": request(b"/\0"),
    "a null byte in the path, encoded": request("/%00"),
    "a null byte in a static path, encoded": request("/static/%00"),
    "a null byte after a static file, encoded": request("/static/css/site.css%00"),
    "a null byte in the query, encoded": request("/?next=%00"),
    "a null byte in the query of the sign-in, encoded": request("/accounts/login/?next=%00"),
    "a null byte in a header": request("/", SECURE + b"X-Request-ID: a\0b\r\n"),
    "a null byte in the name of a header": request("/", SECURE + b"X-\0: 1\r\n"),
    "a null byte in the host": request("/", b"Host: local\0host\r\n"),
    "a null byte in the method": request("/", method=b"GE\0T"),
    "a null byte in a cookie": request("/", SECURE + b"Cookie: __Host-sessionid=\0\r\n"),
    "only null bytes": b"\0" * 100 + b"\r\n\r\n",
    "every byte": bytes(range(256)) + b"\r\n\r\n",
    "not UTF-8": request(b"/\xff\xfe"),
    "not UTF-8, encoded": request("/%ff%fe"),
    "not UTF-8 in a static path, encoded": request("/static/%ff%fe.css"),
    "not UTF-8 in a header": request("/", SECURE + b"User-Agent: \xff\xfe\r\n"),
    "not UTF-8 in the query, encoded": request("/?q=%ff%fe"),
    "half of a surrogate pair, encoded": request("/%ed%a0%80"),
    "half of a surrogate pair in a static path, encoded": request("/static/%ed%a0%80"),
    "a line end in the path, encoded": request("/%0d%0aSet-Cookie:%20a=b"),
    "a line end in a static path, encoded": request("/static/%0d%0aX-Injected:%20yes"),
    "a line end in the query of the sign-in, encoded": request("/accounts/login/?next=/%0d%0aX-Injected:%20yes"),
    "a line end in the target of a redirection, encoded": request("/about%0d%0aX-Injected:%20yes"),
    "an escape sequence of a terminal, encoded": request("/%1b%5b2J"),
    "an escape sequence of a terminal": request("/", SECURE + b"User-Agent: \x1b[2J\r\n"),
    "TLS on a port without": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 64,
    "SSH on a port for HTTP": b"SSH-2.0-OpenSSH_9.9\r\n",
    "SMTP on a port for HTTP": b"EHLO example.com\r\nMAIL FROM:<a@example.com>\r\n",
    "the preface of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "the PROXY protocol": b"PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\n" + request("/"),
    "nothing at all": b"",
    "only line ends": b"\r\n" * 100,
    "one letter": b"G",
}

# --- Absurd and contradictory headers ---------------------------------------------------------------------------------

HEADERS = {
    "a header without a name": request("/", SECURE + b": value\r\n"),
    "a header without a colon": request("/", SECURE + b"nonsense\r\n"),
    "a blank before the colon": request("/", SECURE + b"X-Test : 1\r\n"),
    "a folded header": request("/", SECURE + b"X-Test: 1\r\n 2\r\n"),
    "a line end of one byte": b"GET / HTTP/1.1\nHost: localhost\n\n",
    "a carriage return within": request("/", SECURE + b"X-Test: 1\rX-Other: 2\r\n"),
    "an underscore that shadows a header": request("/", SECURE + b"X_Forwarded_Proto: http\r\n"),
    "two schemes": request("/", SECURE + b"X-Forwarded-Proto: http\r\n"),
    "a scheme that is invalid": request("/", HOST + b"X-Forwarded-Proto: javascript\r\n"),
    "a list of schemes": request("/", HOST + b"X-Forwarded-Proto: https, http\r\n"),
    "an expectation": request("/", SECURE + b"Expect: 200-maybe\r\n"),
    "an upgrade": request("/", SECURE + b"Upgrade: h2c\r\nConnection: Upgrade\r\nHTTP2-Settings: AAMAAABk\r\n"),
    "an upgrade to a socket": request("/", SECURE + b"Upgrade: websocket\r\nConnection: Upgrade\r\n"),
    "encodings that are invalid": request("/", SECURE + b"Accept-Encoding: \xa7;q=2, ;;;, *;q=x\r\n"),
    "a huge quality value": request("/static/", SECURE + b"Accept-Encoding: br;q=1e999999\r\n"),
    "languages that are invalid": request("/", SECURE + b"Accept-Language: x-;q=9,;;;," + b"a-" * 200 + b"\r\n"),
    "a thousand languages": request("/", SECURE + b"Accept-Language: " + b"de;q=0.1," * 800 + b"\r\n"),
    "a content type that is invalid": request("/", SECURE + b"Content-Type: ;;;=;\r\n"),
    "a charset that is invalid": request("/", SECURE + b"Content-Type: text/html; charset=\xff\r\n"),
    "a cookie that is invalid": request("/", SECURE + b"Cookie: ;;;=;==;a\r\n"),
    "a thousand cookies": request("/", SECURE + b"Cookie: " + b"a=b; " * 1000 + b"\r\n"),
    "a cookie with a forged session": request("/", SECURE + b"Cookie: __Host-sessionid=" + b"a" * 4000 + b"\r\n"),
    "a cookie with a forged message": request("/", SECURE + b"Cookie: messages=W1tdXQ:1:forged\r\n"),
    "a cookie with a language that is invalid": request("/", SECURE + b"Cookie: django_language=../x\r\n"),
    "a date that is invalid": request("/", SECURE + b"If-Modified-Since: Thu, 99 Foo 99999 99:99:99 GMT\r\n"),
    "a date in the year 0": request("/", SECURE + b"If-Modified-Since: Mon, 01 Jan 0000 00:00:00 GMT\r\n"),
    "a tag that is invalid": request("/", SECURE + b'If-None-Match: """""\r\n'),
    "a thousand tags": request("/", SECURE + b"If-None-Match: " + b'"a", ' * 1500 + b"\r\n"),
    "an address that is invalid": request("/", SECURE + b"X-Forwarded-For: '; DROP TABLE users;--\r\n"),
    "a thousand addresses": request("/", SECURE + b"X-Forwarded-For: " + b"10.0.0.1, " * 800 + b"\r\n"),
    "a request id that is invalid": request("/", SECURE + b'X-Request-ID: "}\t{"level": "x\r\n'),
    "a very long request id": request("/", SECURE + b"X-Request-ID: " + b"a" * 8000 + b"\r\n"),
    "authorization that is invalid": request("/", SECURE + b"Authorization: Basic \xff\r\n"),
    "an origin that is invalid": request("/", SECURE + b"Origin: null\r\n"),
    "a referrer that is invalid": request("/accounts/login/", SECURE + b"Referer: http://[\r\n", b"POST"),
    "a shell's function": request("/", SECURE + b"User-Agent: () { :; }; /bin/cat /etc/passwd\r\n"),
    "a lookup in a log": request("/", SECURE + b"User-Agent: ${jndi:ldap://localhost/a}\r\n"),
    "a method in a header": request("/", SECURE + b"X-HTTP-Method-Override: DELETE\r\n", b"POST"),
    "a path in a header": request("/", SECURE + b"X-Original-URL: /admin/\r\nX-Rewrite-URL: /admin/\r\n"),
    "a script's name": request("/", SECURE + b"Script-Name: /admin\r\nSCRIPT_NAME: /admin\r\n"),
}

# --- Two requests that look like one, and the reverse -----------------------------------------------------------------

# Both proxies replace the id, so the log of the site shows it only if a proxy took this request for a part of another.
SMUGGLED = b"GET /smuggled HTTP/1.1\r\nX-Request-ID: smuggled\r\n" + SECURE + b"\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"


def framed(headers: bytes, body: bytes = b"", version: bytes = b"1.1") -> bytes:
    """Return a POST whose ``headers`` describe its body, followed by the smuggled request."""
    return b"POST / HTTP/" + version + b"\r\n" + SECURE + headers + b"\r\n" + body


SMUGGLING = {
    "a length and chunks": framed(b"Content-Length: 5\r\n" + CHUNKED, b"0\r\n\r\n" + SMUGGLED),
    "chunks and a length": framed(CHUNKED + b"Content-Length: 5\r\n", b"0\r\n\r\n" + SMUGGLED),
    "two lengths": framed(b"Content-Length: 0\r\nContent-Length: 100\r\n", SMUGGLED),
    "two lengths in one": framed(b"Content-Length: 0, 100\r\n", SMUGGLED),
    "a negative length": framed(b"Content-Length: -1\r\n", SMUGGLED),
    "a length with a plus": framed(b"Content-Length: +0\r\n", SMUGGLED),
    "a length in hexadecimal": framed(b"Content-Length: 0x0\r\n", SMUGGLED),
    "a length with an underscore": framed(b"Content-Length: 1_0\r\n", SMUGGLED),
    "a length in other digits": framed("Content-Length: \u0660\r\n".encode(), SMUGGLED),
    "a length in superscript digits": framed(b"Content-Length: \xb2\r\n", SMUGGLED),
    "a length that is empty": framed(b"Content-Length: \r\n", SMUGGLED),
    "a huge length": framed(b"Content-Length: " + b"9" * 5000 + b"\r\n", SMUGGLED),
    "a length after a blank": framed(b"Content-Length : 0\r\n", SMUGGLED),
    "chunks after a blank": framed(b"Transfer-Encoding : chunked\r\n", b"0\r\n\r\n" + SMUGGLED),
    "chunks after a tab": framed(b"Transfer-Encoding:\tchunked\r\nContent-Length: 5\r\n", b"0\r\n\r\n" + SMUGGLED),
    "chunks after a line end": framed(b"Transfer-Encoding:\n chunked\r\n", b"0\r\n\r\n" + SMUGGLED),
    "chunks in a folded header": framed(b"X-Test: 1\r\n Transfer-Encoding: chunked\r\n", SMUGGLED),
    "chunks by a control byte": framed(b"Transfer-Encoding: \x0bchunked\r\n", b"0\r\n\r\n" + SMUGGLED),
    "chunks in quotes": framed(b'Transfer-Encoding: "chunked"\r\n', b"0\r\n\r\n" + SMUGGLED),
    "chunks with an underscore": framed(
        b"Transfer_Encoding: chunked\r\nContent-Length: 5\r\n", b"0\r\n\r\n" + SMUGGLED
    ),
    "chunked twice": framed(b"Transfer-Encoding: chunked, chunked\r\n", b"0\r\n\r\n" + SMUGGLED),
    "chunked twice, in two headers": framed(CHUNKED * 2, b"0\r\n\r\n" + SMUGGLED),
    "chunked, then identity": framed(b"Transfer-Encoding: chunked, identity\r\n", b"0\r\n\r\n" + SMUGGLED),
    "an unknown coding": framed(b"Transfer-Encoding: xchunked\r\n", b"0\r\n\r\n" + SMUGGLED),
    "an unknown coding, then chunked": framed(b"Transfer-Encoding: x, chunked\r\n", b"0\r\n\r\n" + SMUGGLED),
    "chunks in HTTP/1.0": framed(CHUNKED, b"0\r\n\r\n" + SMUGGLED, b"1.0"),
    "a chunk with a negative size": framed(CHUNKED, b"-1\r\n\r\n" + SMUGGLED),
    "a chunk with an 0x": framed(CHUNKED, b"0x0\r\n\r\n" + SMUGGLED),
    "a chunk with an underscore": framed(CHUNKED, b"0_0\r\n\r\n" + SMUGGLED),
    "a chunk with a blank": framed(CHUNKED, b" 0\r\n\r\n" + SMUGGLED),
    "a huge chunk size": framed(CHUNKED, b"f" * 5000 + b"\r\n\r\n" + SMUGGLED),
    "a chunk without its line end": framed(CHUNKED, b"1\r\naX0\r\n\r\n" + SMUGGLED),
    "a chunk that ends in one byte": framed(CHUNKED, b"1\na\n0\n\n" + SMUGGLED),
    "a chunk with an extension that ends in one byte": framed(CHUNKED, b"0;a\n\r\n" + SMUGGLED),
    "a chunk with a huge extension": framed(CHUNKED, b"0;" + b"a" * HUGE + b"\r\n\r\n"),
    "a trailer that changes the framing": framed(CHUNKED, b"0\r\nContent-Length: 100\r\n\r\n"),
    "a trailer that changes the host": framed(CHUNKED, b"0\r\nHost: evil.example\r\n\r\n"),
    "a very long trailer": framed(CHUNKED, b"0\r\nX-A: " + b"a" * HUGE + b"\r\n\r\n"),
    "after a request that closes the connection": request("/") + SMUGGLED,
    "after the end of the header's list": request("/", HOST + b"\r\n" + SMUGGLED),
}

# --- Oversized requests -----------------------------------------------------------------------------------------------

OVERSIZED = {
    "a path": request(b"/" + b"a" * HUGE),
    "a path that just fits": request(b"/" + b"a" * 8000),
    "a static path": request(b"/static/" + b"a" * HUGE),
    "a static path that just fits": request(b"/static/" + b"a" * 8000),
    "a static path with one name of 300 bytes": request(b"/static/" + b"a" * 300 + b".css"),
    "a static path of 2,000 folders": request(b"/static/" + b"a/" * 2000),
    "a query": request(b"/?" + b"a" * HUGE),
    "a query of 4,000 fields": request(b"/?" + b"a&" * 4000),
    "a query with one number of 5,000 digits": request(b"/?page=" + b"9" * 5000),
    "a method": request("/", method=b"A" * HUGE),
    "a version": b"GET / HTTP/" + b"1" * HUGE + b"\r\n" + HOST + END,
    "a header's name": request("/", SECURE + b"A" * HUGE + b": 1\r\n"),
    "a header's value": request("/", SECURE + b"X-Test: " + b"a" * HUGE + b"\r\n"),
    "a host": request("/", b"Host: " + b"a" * 8000 + b"\r\n"),
    "a cookie": request("/", SECURE + b"Cookie: a=" + b"b" * HUGE + b"\r\n"),
    "a range": request("/", SECURE + b"Range: bytes=" + b"0-0," * 250_000 + b"\r\n"),
    "ten thousand headers": request("/", SECURE + b"X-Test: 1\r\n" * 10_000),
    "ninety headers": request("/", SECURE + b"X-Test: 1\r\n" * 90),
    "no end of line at all": b"A" * HUGE,
    "a form of 2,000 fields": request(
        "/accounts/login/",
        SECURE + b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 4000\r\n",
        b"POST",
        b"a&" * 2000,
    ),
    "a form of four megabytes": request(
        "/accounts/login/",
        SECURE + b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 4000000\r\n",
        b"POST",
        b"a" * 4_000_000,
    ),
    "a form of 200 files": request(
        "/accounts/login/",
        SECURE + b"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 14605\r\n",
        b"POST",
        b'--b\r\nContent-Disposition: form-data; name="a"; filename="a"\r\n\r\n\r\n' * 215 + b"--b--\r\n" * 20,
    ),
    "a multipart form without a boundary": request(
        "/accounts/login/", SECURE + b"Content-Type: multipart/form-data\r\nContent-Length: 3\r\n", b"POST", b"abc"
    ),
    "a multipart form with a boundary of 500 bytes": request(
        "/accounts/login/",
        SECURE + b"Content-Type: multipart/form-data; boundary=" + b"b" * 500 + b"\r\nContent-Length: 3\r\n",
        b"POST",
        b"abc",
    ),
}
