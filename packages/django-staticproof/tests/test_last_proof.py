"""The last proof is there for a page that wants to show it, and costs nothing where it cannot be kept."""

import os
from pathlib import Path

import pytest
from django.test import override_settings

from staticproof import last_proof
from staticproof.report import Report


@pytest.fixture
def proof() -> dict[str, object]:
    return Report().as_dict()


def test_a_page_can_show_the_last_proof(
    proof: dict[str, object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("XDG_CACHE_HOME", "LOCALAPPDATA", "HOME"):
        monkeypatch.setenv(variable, str(tmp_path / "cache"))
    with override_settings(BASE_DIR=tmp_path):
        assert last_proof.summary() is None
        last_proof.remember(proof)
        (file,) = (tmp_path / "cache").rglob("*.json")
        os.utime(file, (0, 1_000_000_000))
        assert last_proof.summary() == {**proof, "when": 1_000_000_000}
    with override_settings(BASE_DIR=tmp_path / "another"):
        assert last_proof.summary() is None


def test_the_next_proof_is_shown_then(
    proof: dict[str, object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STATICPROOF_CACHE", str(tmp_path))
    for number in range(3):
        last_proof.remember(proof | {"number": number})
        shown = last_proof.summary()
        assert shown is not None
        assert shown["number"] == number


def test_a_cache_that_cannot_be_written_costs_nothing(
    proof: dict[str, object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("STATICPROOF_CACHE", str(tmp_path / "file"))
    last_proof.remember(proof)
    assert last_proof.summary() is None


def test_a_user_without_a_home_has_no_last_proof(proof: dict[str, object], monkeypatch: pytest.MonkeyPatch) -> None:
    """As in some containers, where nobody has a name."""
    monkeypatch.setattr(last_proof, "cache_folder", lambda: None)
    last_proof.remember(proof)
    assert last_proof.summary() is None
