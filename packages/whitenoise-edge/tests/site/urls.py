"""One page."""

from django.http import HttpRequest, HttpResponse
from django.urls import path


def home(request: HttpRequest) -> HttpResponse:
    """Return a short text."""
    return HttpResponse("home")


urlpatterns = [path("", home)]
