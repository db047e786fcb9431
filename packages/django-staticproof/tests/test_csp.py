"""Find the parts of a page that its own Content-Security-Policy blocks."""

import pytest

from staticproof.serving.clients import Response
from staticproof.serving.csp import blocked

from .conftest import Project
from .prover import Prover

PAGE = "https://localhost/a/"
SHA = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"  # of nothing
HELLO = "'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='"  # of alert(1)


def what(policy: str, markup: str) -> list[str]:
    """Return the blocked parts in a short form."""
    response = Response(200, {"content-type": "text/html", "content-security-policy": policy}, markup.encode())
    return [block.fault for block in blocked(PAGE, response)]


@pytest.mark.parametrize(
    ("policy", "markup"),
    [
        ("default-src 'self'", "<script>alert(1)</script>"),
        ("script-src 'self' 'nonce-abc'", "<script nonce=abd>alert(1)</script>"),
        ("script-src 'unsafe-inline' 'nonce-abc'", "<script>alert(1)</script>"),
        ("script-src 'strict-dynamic' 'nonce-abc' https:", '<script src="/a.js"></script>'),
        (f"script-src {SHA}", "<script>alert(1)</script>"),
        ("default-src 'self'", '<button onclick="go()">x</button>'),
        ("script-src 'nonce-abc'", '<button nonce=abc onclick="go()">x</button>'),
        ("script-src 'self'", '<a href="javascript:go()">x</a>'),
        ("style-src 'self'", "<style>p { color: red }</style>"),
        ("style-src 'self'", '<p style="color: red">x</p>'),
        ("default-src 'self'; style-src 'none'", '<link rel=stylesheet href="/a.css">'),
        ("default-src 'self'", '<script src="https://cdn.example/x.js"></script>'),
        ("script-src https://cdn.example/lib/", '<script src="https://cdn.example/x.js"></script>'),
        ("script-src https://*.example", '<script src="https://example/x.js"></script>'),
        ("img-src 'self'", '<img src="data:image/png;base64,AA==">'),
        ("img-src 'self'", '<img srcset="/a.png 1x, https://a.example/b.png 2x">'),
        ("default-src 'self'", '<iframe src="https://video.example/1"></iframe>'),
        ("child-src 'none'; default-src *", '<iframe src="/embed/"></iframe>'),
        ("form-action 'self'", '<form action="https://pay.example/"></form>'),
        ("base-uri 'none'", '<base href="/b/">'),
        ("manifest-src 'none'", '<link rel=manifest href="/m.json">'),
        ("img-src 'self', img-src https:", '<img src="data:,">'),
        ("img-src 'self'", '<img src="https://localhost:8000/a.png">'),
    ],
)
def test_it_is_blocked(policy: str, markup: str) -> None:
    assert what(policy, markup)


@pytest.mark.parametrize(
    ("policy", "markup"),
    [
        ("", "<script>alert(1)</script>"),
        ("default-src 'self'; script-src 'self' 'unsafe-inline'", "<script>alert(1)</script>"),
        ("script-src 'nonce-abc'", "<script nonce=abc>alert(1)</script>"),
        (f"script-src {HELLO}", "<script>alert(1)</script>"),
        (f"script-src 'unsafe-hashes' {HELLO}", '<button onclick="alert(1)">x</button>'),
        ("script-src 'strict-dynamic' 'nonce-abc'", '<script nonce=abc src="https://cdn.example/x.js"></script>'),
        ("default-src 'self'", '<script type="application/ld+json">{}</script>'),
        ("default-src 'self'", '<link rel=canonical href="https://www.example.com/">'),
        ("default-src 'self'", '<a href="https://elsewhere.example/">x</a><form action="https://pay.example/"></form>'),
        ("script-src https://cdn.example/lib/", '<script src="https://cdn.example/lib/x.js"></script>'),
        ("script-src *.example:*", '<script src="https://cdn.example:8443/lib/x.js"></script>'),
        ("script-src https:", '<script src="https://cdn.example/x.js"></script>'),
        ("img-src 'self' data:", '<img src="data:image/png;base64,AA=="><img src="/a.png"><img src="b.png">'),
        ("default-src *", '<img src="https://a.example/b.png"><video poster="/b.jpg"></video>'),
        ("style-src-attr 'unsafe-inline'; style-src 'self'", '<p style="color: red">x</p>'),
        ("img-src 'self'", '<img src=""><svg><use href="#a"/></svg>'),
    ],
)
def test_it_is_allowed(policy: str, markup: str) -> None:
    assert what(policy, markup) == []


def test_the_message_names_the_directive_and_the_host_to_add() -> None:
    response = Response(
        200,
        {"content-type": "text/html", "content-security-policy": "default-src 'self'"},
        b'<script src="https://cdn.example/x.js"></script>',
    )
    (block,) = blocked(PAGE, response)
    assert block.fault == (
        "uses the script https://cdn.example/x.js, which its Content-Security-Policy blocks (default-src 'self')."
    )
    assert block.hint == "Serve it from the site itself, or add https://cdn.example to script-src."


def test_each_block_is_found_at_its_line_in_the_template(prover: Prover, project: Project) -> None:
    project.write(
        "mysite/middleware.py",
        "def added(get_response):\n"
        "    def answer(request):\n"
        "        response = get_response(request)\n"
        "        response['Content-Security-Policy'] = \"default-src 'self'\"\n"
        "        return response\n\n"
        "    return answer\n",
    )
    project.replace("mysite/settings.py", "MIDDLEWARE = [", 'MIDDLEWARE = [\n    "mysite.middleware.added",')
    project.replace(
        "blog/templates/blog/home.html",
        "{% endblock %}",
        '<script>\n  document.title = "{{ request.path }}";\n  document.body.hidden = false;\n</script>\n'
        '<button onclick="history.back()">Back</button>\n'
        '<p style="color: red">Red</p>\n'
        "<style>p { margin: 0 }</style>\n"
        '<img src="https://pictures.example/a.png" alt="A">\n'
        '<iframe src="https://video.example/1"></iframe>\n{% endblock %}',
    )
    report = prover.prove(project.root)
    # Django's own page for a refused form has an inline stylesheet. It is a note, because the site cannot change it.
    assert [finding["message"][:14] for finding in report["findings"] if finding["level"] == "info"] == [
        "The error page"
    ]
    found = [(finding["id"], finding["line"]) for finding in report["findings"] if finding["level"] != "info"]
    assert found == [("staticproof.E088", line) for line in (7, 9, 10, 11, 12, 13)], report["findings"]
