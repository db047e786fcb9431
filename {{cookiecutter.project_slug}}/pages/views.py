"""The pages that a fresh site has."""

from datetime import UTC, datetime
from typing import Any

from django.apps import apps
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    return render(request, "pages/home.html", {"proof": last_proof()})


def last_proof() -> dict[str, Any] | None:
    """The numbers of the last `manage.py provestatic` on this machine, when it was, and how many faults it found.

    None before the first.
    """
    if not apps.is_installed("staticproof"):
        return None
    from staticproof.last_proof import summary

    proof = summary()
    return proof and {
        **proof["summary"],
        "when": datetime.fromtimestamp(proof["when"], UTC),
        "findings": sum(found["level"] == "error" for found in proof["findings"]),
    }


@require_safe
def about(request: HttpRequest) -> HttpResponse:
    return render(request, "pages/about.html")
