"""What is constant in a template is rendered once, and comes out as it does without that."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.template import Context, Engine, RequestContext
from django.template.defaulttags import URLNode
from django.templatetags.i18n import BlockTranslateNode, TranslateNode
from django.templatetags.static import StaticNode
from django.test import Client, RequestFactory, override_settings
from django.urls import NoReverseMatch, get_script_prefix, path, set_script_prefix
from django.utils.translation import override
from django.views.generic import TemplateView

from config.templates import Constant, Loader

urlpatterns = [
    path("elsewhere/", TemplateView.as_view(), name="login"),
    path("o'brien/", TemplateView.as_view(), name="quoted"),
]

NODES: list[Any] = [StaticNode, URLNode, TranslateNode, BlockTranslateNode]
IN_FOLDERS = ["django.template.loaders.filesystem.Loader", "django.template.loaders.app_directories.Loader"]
LIBRARIES = {"i18n": "django.templatetags.i18n", "static": "django.templatetags.static"}


class Rendering:
    """An engine with one template, and how often nodes were rendered since."""

    def __init__(self, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
        files = ("django.template.loaders.locmem.Loader", {"page.html": "{% load i18n static %}" + text})
        self.engine = Engine(loaders=[("config.templates.Loader", [files])], libraries=LIBRARIES)
        self.count = 0
        for node in NODES:
            monkeypatch.setattr(node, "render", self.counted(node.render))

    def counted(self, render: Any) -> Any:
        def counting(node: Any, context: Context) -> Any:
            self.count += 1
            return render(node, context)

        return counting

    def __call__(self, context: Context | None = None) -> str:
        return str(self.engine.get_template("page.html").render(context or Context())).strip()


CONSTANT = {
    "static": "{% static 'css/site.css' %}",
    "url": "{% url 'login' %}",
    "translate": "{% translate 'Home' %}",
    "trans": "{% trans 'Home' %}",
    "blocktranslate": "{% blocktranslate trimmed %} Home {% endblocktranslate %}",
    "in a block": "{% block a %}{% url 'login' %}{% endblock %}",
    "in a condition": "{% if a %}{% else %}{% url 'login' %}{% endif %}",
    "in a loop": "{% for a in '1' %}{% url 'login' %}{% endfor %}",
    "in a loop without items": "{% for a in b %}{% empty %}{% url 'login' %}{% endfor %}",
    "with a variable beside": "{% with a=1 %}{% if a %}{% url 'login' %}{% endif %}{% endwith %}",
}
VARYING = {
    "static": "{% static a %}",
    "static, filtered": "{% static 'css/SITE.CSS'|lower %}",
    "static, into a variable": "{% static 'css/site.css' as b %}{{ b }}",
    "url": "{% url b %}",
    "url, into a variable": "{% url 'login' as c %}{{ c }}",
    "url with an argument": "{% url 'admin:app_list' app_label=d %}",
    "translate": "{% translate a %}",
    "blocktranslate": "{% blocktranslate %}Home {{ a }}{% endblocktranslate %}",
    "blocktranslate, with": "{% blocktranslate with b=a %}Home{% endblocktranslate %}",
    "blocktranslate, counted": "{% blocktranslate count c=1 %}Home{% plural %}Homes{% endblocktranslate %}",
    "blocktranslate, with a context": "{% blocktranslate context a %}Home{% endblocktranslate %}",
    "blocktranslate, into a variable": "{% blocktranslate asvar b %}Home{% endblocktranslate %}{{ b }}",
    "translate, filtered": "{% translate 'Home'|lower %}",
    "translate, into a variable": "{% translate 'Home' as b %}{{ b }}",
    "translate, with a context": "{% translate 'Home' context a %}",
}
VARIABLES = {"a": "css/site.css", "b": "login", "d": "accounts"}


@pytest.mark.parametrize("text", CONSTANT.values(), ids=CONSTANT)
def test_what_is_constant_is_rendered_once(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rendering = Rendering(text, monkeypatch)
    assert rendering() == rendering() != ""
    assert rendering.count == 1


@pytest.mark.parametrize("text", VARYING.values(), ids=VARYING)
def test_what_may_vary_is_rendered_each_time(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rendering = Rendering(text, monkeypatch)
    first, second = (rendering(Context(dict(VARIABLES))) for _ in range(2))
    assert first == second != ""
    assert rendering.count == 2


def test_each_language_has_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    rendering = Rendering("{% translate 'Home' %}", monkeypatch)
    for _ in range(2):
        for language, home in (("en", "Home"), ("de", "Start"), (None, "Home")):
            with override(language):
                assert rendering() == home
    assert rendering.count == 3


def test_urls_follow_where_they_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    rendering = Rendering("{% url 'login' %}", monkeypatch)
    prefix = get_script_prefix()
    assert rendering() == "/accounts/login/"
    try:
        set_script_prefix("/below/")
        assert rendering() == "/below/accounts/login/"
    finally:
        set_script_prefix(prefix)
    with override_settings(ROOT_URLCONF=__name__):
        assert rendering() == "/elsewhere/"
    assert rendering() == "/accounts/login/"


def test_urls_follow_the_application_that_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """`admin:` may be one of several admins: Django asks the request which."""
    rendering = Rendering("{% url 'admin:index' %}", monkeypatch)
    seen = set()
    for current_app in ("", "admin", "another"):
        request = RequestFactory().get("/")
        request.user = AnonymousUser()
        request.current_app = current_app
        seen.add(rendering(RequestContext(request)))
    assert rendering.count == 3
    assert seen == {f"/{settings.ADMIN_URL}"}


@override_settings(ROOT_URLCONF=__name__)
def test_escaping_is_a_matter_of_the_place(monkeypatch: pytest.MonkeyPatch) -> None:
    rendering = Rendering("{% url 'quoted' %}", monkeypatch)
    for _ in range(2):
        assert rendering() == "/o&#x27;brien/"
        assert rendering(Context(autoescape=False)) == "/o'brien/"
    assert rendering.count == 2


def test_static_files_follow_their_storage(monkeypatch: pytest.MonkeyPatch) -> None:
    rendering = Rendering("{% static 'css/site.css' %}", monkeypatch)
    before = rendering()
    with override_settings(STATIC_URL="https://cdn.example.com/static/"):
        assert rendering() == f"https://cdn.example.com{before}"
    assert rendering() == before


@override_settings(STORAGES={"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}})
def test_only_a_manifest_says_that_a_url_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """The URLs of a bucket, say, may be signed and expire."""
    rendering = Rendering("{% static 'css/site.css' %}", monkeypatch)
    assert rendering() == rendering() == "/static/css/site.css"
    assert rendering.count == 2


def test_a_node_derived_from_one_of_djangos_may_vary(monkeypatch: pytest.MonkeyPatch) -> None:
    class OfVisitor(StaticNode):
        def url(self, context: Context) -> str:
            return f"{super().url(context)}?{context['visitor']}"

    rendering = Rendering("{% static 'css/site.css' %}", monkeypatch)
    (library,) = (rendering.engine.template_libraries["static"],)
    monkeypatch.setitem(library.tags, "static", OfVisitor.handle_token)
    assert [rendering(Context({"visitor": name}))[-1] for name in "ab"] == ["a", "b"]


def test_an_error_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    rendering = Rendering("{% url 'gone' %}", monkeypatch)
    for _ in range(2):
        with pytest.raises(NoReverseMatch):
            rendering()
    assert rendering.count == 2


def test_the_site_has_this_loader_in_production() -> None:
    engine = Engine.get_default()
    assert [type(loader) for loader in engine.template_loaders] == [Loader]
    assert not settings.DEBUG
    template = engine.get_template("base.html")
    found = template.nodelist.get_nodes_by_type(Constant)
    assert len(found) > 5
    assert engine.get_template("base.html") is template


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("url", ["/", "/about/", "/accounts/login/", "/gone/"])
def test_pages_are_the_same_as_by_django_alone(client: Client, url: str, language: str) -> None:
    def html() -> str:
        answer = client.get(url, secure=True, headers={"accept-language": language}).text
        return re.sub(r'nonce="[^"]+"|name="csrfmiddlewaretoken" value="[^"]+"', "", answer)

    ours = [html() for _ in range(2)]
    (backend,) = settings.TEMPLATES
    plain = {
        **backend,
        "OPTIONS": {**backend["OPTIONS"], "loaders": [("django.template.loaders.cached.Loader", IN_FOLDERS)]},
    }
    with override_settings(TEMPLATES=[plain]):
        assert ours == [html()] * 2


def test_what_a_template_is_read_from_stays_known() -> None:
    """For whoever shows where in a template something went wrong."""
    template = Engine.get_default().get_template("base.html")
    for node in template.nodelist.get_nodes_by_type(Constant):
        assert Path(str(node.origin)) == Path(settings.BASE_DIR, "templates", "base.html")
        assert node.token is node.node.token  # type: ignore[attr-defined]
