"""The workflow that publishes the two packages, and the distributions that it builds."""

from __future__ import annotations

import email
import os
import re
import shutil
import sys
import tarfile
import zipfile
from email.message import Message
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import ROOT, UV, Completed, run

WORKFLOW = ROOT / ".github" / "workflows" / "release.yml"
NAMES = ("django-staticproof", "whitenoise-edge")


def jobs() -> dict[str, Any]:
    return dict(yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))["jobs"])


def version(package: str) -> str:
    text = (ROOT / "packages" / package / "pyproject.toml").read_text(encoding="utf-8")
    (found,) = re.findall(r'^version = "(.+)"', text, re.MULTILINE)
    return str(found)


def build(package: str, tag: str, into: Path) -> Completed:
    """Run the command of the build job in a copy of the package."""
    shutil.copytree(
        ROOT / "packages" / package, into / "packages" / package, ignore=shutil.ignore_patterns("__pycache__")
    )
    (command,) = [step["run"] for step in jobs()["build"]["steps"] if "run" in step]
    path = os.pathsep.join((str(Path(shutil.which(UV) or UV).parent), os.environ["PATH"]))
    variables = {"PATH": path, "GITHUB_REF_NAME": tag, "GITHUB_REPOSITORY": "ada/engine"}
    return run("bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", command, cwd=into, **variables)


def metadata(distributions: Path) -> list[Message]:
    """Return the metadata of the wheel and of the source distribution."""
    (wheel,), (source,) = distributions.glob("*.whl"), distributions.glob("*.tar.gz")
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        texts = [archive.read(name).decode()]
    with tarfile.open(source) as unpacked:
        (member,) = [member for member in unpacked.getmembers() if re.fullmatch(r"[^/]+/PKG-INFO", member.name)]
        content = unpacked.extractfile(member)
        assert content is not None
        texts.append(content.read().decode())
    return [email.message_from_string(text) for text in texts]


@pytest.mark.parametrize("package", NAMES)
def test_the_build_is_ready_for_the_index(package: str, tmp_path: Path) -> None:
    done = build(package, f"{package}-v{version(package)}", tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("PASSED") == 2, "twine has checked the wheel and the source distribution"
    for found in metadata(tmp_path / "dist"):
        assert found["Version"] == version(package)
        urls = dict(url.split(", ") for url in found.get_all("Project-URL", []))
        assert urls.keys() == {"Homepage", "Documentation", "Changelog", "Source", "Issues"}
        assert all(url.startswith("https://github.com/ada/engine") for url in urls.values())
        assert found["License-Expression"] == "MIT"
        assert found["Summary"]
        text = found.get_payload()
        assert isinstance(text, str)
        assert "OWNER/REPOSITORY" not in text
        links = re.findall(r"\]\(([^)]+)\)|(?:src|href|srcset)=\"([^\"]+)\"", text)
        assert [link for pair in links for link in pair if link and not link.startswith(("https://", "#"))] == []


def test_a_tag_with_another_version_publishes_nothing(tmp_path: Path) -> None:
    done = build("whitenoise-edge", "whitenoise-edge-v99.0", tmp_path)
    assert done.returncode != 0
    assert "whitenoise_edge-99.0.tar.gz" in done.stderr


def test_only_the_job_that_publishes_has_a_right_to_write() -> None:
    content = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))
    assert content["permissions"] == {}
    assert {name: job["permissions"] for name, job in content["jobs"].items()} == {
        "build": {"contents": "read"},
        "drop-in": {"contents": "read"},
        "publish": {"id-token": "write"},
    }
    assert [step.get("run") for step in content["jobs"]["publish"]["steps"]] == [None, None], "it runs no own code"
    for job in content["jobs"].values():
        for step in job["steps"]:
            if "uses" in step:
                assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", step["uses"]), step["uses"]


def test_the_workflow_matches_githubs_schema() -> None:
    command = (sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows", WORKFLOW)
    checked = run(*command, cwd=ROOT)
    assert checked.returncode == 0, checked.stdout


def test_zizmor_finds_nothing() -> None:
    checked = run(Path(sys.executable).parent / "zizmor", "--offline", "--persona", "pedantic", WORKFLOW, cwd=ROOT)
    assert checked.returncode == 0, checked.stdout
