"""The references of a page, a stylesheet, a script or a web manifest are the URLs that a browser fetches."""

import pytest

from staticproof.serving.clients import Response
from staticproof.serving.documents import needed


def read(body: str, content_type: str = "text/html; charset=utf-8") -> list[str]:
    """Return the references of a document at https://localhost/a/ as paths."""
    response = Response(200, {"content-type": content_type}, body.encode())
    return [reference.url.removeprefix("https://localhost") for reference in needed("https://localhost/a/", response)]


@pytest.mark.parametrize(
    ("markup", "urls"),
    [
        ('<img src="/s/a.png">', ["/s/a.png"]),
        ('<img src=b.png srcset="c.png 1x, /s/d,e.png 2x">', ["/a/b.png", "/a/c.png", "/s/d,e.png"]),
        ('<link rel="preload stylesheet" href="/s/a.css">', ["/s/a.css"]),
        ('<img srcset="\n  a.png\n  1x,\n  b.png\n  2x, ,\n">', ["/a/a.png", "/a/b.png"]),
        ('<link rel="canonical" href="/s/a">', []),
        ('<link rel="preload" imagesrcset="/s/a.png 1x,/s/b.png 2x" href="">', ["/s/a.png", "/s/b.png"]),
        ('<script src="/s/a.js"></script>', ["/s/a.js"]),
        (
            '<video src="/s/a.mp4" poster="/s/a.jpg"><track src="/s/a.vtt"></video>',
            ["/s/a.mp4", "/s/a.jpg", "/s/a.vtt"],
        ),
        ('<svg><use href="/s/a.svg#dot"/><use href="#b"/></svg>', ["/s/a.svg"]),
        ('<input src="/s/a.png"><input type=image src="/s/b.png">', ["/s/b.png"]),
        ('<meta property="og:image" content="https://localhost/s/a.png">', ["/s/a.png"]),
        ('<meta name="description" content="/s/a.png">', []),
        ('<p style="background: url(/s/a.png)">', ["/s/a.png"]),
        ("<style>\nbody { background: url('/s/a.png') }</style>", ["/s/a.png"]),
        ('<script type="module">import "/s/a.js"; import "bare"</script>', ["/s/a.js"]),
        ('<script type="importmap">{"imports": {"a": "/s/a.js", "b/": "/s/b/"}}</script>', ["/s/a.js"]),
        ('<script type="importmap">not JSON</script>', []),
        ('<script type="application/json">{"a": "/s/a.js"}</script>', []),
        ('<base href="/s/"><img src="a.png">', ["/s/a.png"]),
        ('<img src="data:image/png;base64,AA"><img src="http://[broken"><a href="/b">', []),
        ('<!-- <img src="/s/a.png"> -->', []),
    ],
)
def test_a_page_needs_what_a_browser_would_fetch(markup: str, urls: list[str]) -> None:
    assert read(markup) == urls


def test_stylesheets_scripts_and_manifests_are_read() -> None:
    assert read("@import 'b.css'; p { background: url(../c.png) }", "text/css") == ["/a/b.css", "/c.png"]
    assert read('import "./b.js"; import x from "bare";', "text/javascript") == ["/a/b.js"]
    manifest = '{"icons": [{"src": "/s/a.png"}, 7], "shortcuts": [{"icons": [{"src": "/s/b.png"}]}]}'
    assert read(manifest, "application/manifest+json") == ["/s/a.png", "/s/b.png"]
    assert read("[]", "application/manifest+json") == read("{", "application/manifest+json") == []
    assert read('<img src="/s/a.png">', "text/plain") == []
