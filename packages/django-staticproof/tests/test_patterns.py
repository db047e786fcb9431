"""The URL patterns contain the pages to request."""

import pytest
from django.conf.urls.i18n import i18n_patterns
from django.http import HttpResponse
from django.test import override_settings
from django.urls import include, path, re_path

from staticproof.serving.patterns import patterns


def view() -> HttpResponse:
    """Stand in for a view that is never called."""
    return HttpResponse()


class Urls:
    """A root urlconf, as an object with the attributes of a module."""

    urlpatterns = [
        path("", view),
        path("about/", view),
        path("about/", view),
        path("posts/<int:pk>/", view),
        path("blog/", include([path("feed/", view), path("<slug:slug>/", view)])),
        path("<str:user>/", include([path("photos/", view)])),
        path("accounts/logout/", view),
        re_path(r"^archive/(?P<year>\d{4})?$", view),
        re_path(r"^old/(\d+)/$", view),
        re_path(r"^contact/$", view),
    ]


def test_pages_are_the_patterns_without_arguments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("staticproof.serving.patterns.import_module", lambda _: Urls)
    found = patterns("any.urls")
    assert found.paths == ["/", "/about/", "/blog/feed/", "/archive/", "/contact/"]
    assert found.need_arguments == 4


@override_settings(USE_I18N=True, LANGUAGE_CODE="de", LANGUAGES=[("de", "Deutsch")])
def test_pages_with_the_language_in_their_path_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    class Translated:
        urlpatterns = i18n_patterns(path("about/", view))

    monkeypatch.setattr("staticproof.serving.patterns.import_module", lambda _: Translated)
    assert patterns("any.urls").paths == ["/de/about/"]


def test_a_pattern_of_an_unknown_kind_counts_as_one_with_arguments(monkeypatch: pytest.MonkeyPatch) -> None:
    class Odd:
        urlpatterns = [path("about/", view)]

    monkeypatch.setattr(Odd.urlpatterns[0], "pattern", object())
    monkeypatch.setattr("staticproof.serving.patterns.import_module", lambda _: Odd)
    assert (patterns("any.urls").paths, patterns("any.urls").need_arguments) == ([], 1)
