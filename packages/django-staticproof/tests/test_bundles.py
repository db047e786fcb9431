"""All faults of a bundler's folder become one finding for each rule."""

import json

import pytest

from staticproof.reading.bundles import has_content_hash

from .analyser import Analyser
from .conftest import Project

MANIFEST = json.dumps({"src/main.ts": {"file": "assets/main-BkW3bzy0.js", "isEntry": True}})
CHUNK = 'import{a}from"./main-BkW3bzy0.js";import("./other-DdF0_x1Q.js");fetch("/static/app/x.png");\n'


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("main-BkW3bzy0.js", True),
        ("main.0a1b2c3d.js", True),
        ("app.4f1e9c0d77aa.chunk.js", True),
        ("index-C0FFEE12.css", True),
        ("jquery-validate.js", False),
        ("main-function.js", False),
        ("bootstrap.min.js", False),
        ("page-settings.css", False),
        ("site.css", False),
    ],
)
def test_names_with_a_content_hash(name: str, expected: bool) -> None:
    assert has_content_hash(name) is expected


def test_one_finding_for_the_whole_bundle(project: Project, analyser: Analyser) -> None:
    """A manifest identifies the bundle. Its chunks import each other by plain names and contain the public path."""
    project.write("static/app/manifest.json", MANIFEST)
    for number in range(4):
        project.write(f"static/app/assets/part{number}.js", CHUNK)
    project.write("static/app/assets/main-BkW3bzy0.js", "export const a = 1;\n")
    project.write("static/app/assets/other-DdF0_x1Q.js", "export default 1;\n")
    found = analyser.run(project.root)["findings"]
    assert [finding["id"] for finding in found] == ["staticproof.E022", "staticproof.E051"]
    assert "4 such references in 4 files of the bundle 'app/'" in found[0]["message"]
    assert "8 such references in 4 files of the bundle 'app/'" in found[1]["message"]
    found = analyser.run(project.root, as_if="manifest")["findings"]
    assert {finding["id"] for finding in found} >= {"staticproof.W051"}
    assert not [finding for finding in found if finding["id"].startswith("staticproof.E051")]


def test_a_bundle_without_a_manifest_is_recognised_by_its_names(project: Project, analyser: Analyser) -> None:
    for name in ("a-BkW3bzy0", "b-DdF0x1Qz", "c-Xy12ab34"):
        project.write(f"static/dist/{name}.js", 'import "./a-BkW3bzy0.js";\n')
    (finding,) = analyser.run(project.root)["findings"]
    assert finding["id"] == "staticproof.E051"
    assert "3 such references in 3 files of the bundle 'dist/'" in finding["message"]


def test_the_manifest_of_a_web_app_is_not_a_bundle_manifest(project: Project, analyser: Analyser) -> None:
    project.write("static/app/manifest.json", '{"name": "A", "icons": [{"src": "a.png"}]}')
    project.write("static/app/a.js", "import './no.js';\nimport './gone.js';\n")
    assert [finding["id"] for finding in analyser.run(project.root)["findings"]] == ["staticproof.E052"] * 2
