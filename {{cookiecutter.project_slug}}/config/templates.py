"""Templates in production: what is constant in them is rendered once.

`{% static 'css/site.css' %}`, `{% url 'login' %}` and `{% translate "Home" %}` come out alike for all visitors, or for
all who read one language. Django renders them for each of them.
"""

from collections.abc import Callable, Hashable, Iterator
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.storage import ManifestFilesMixin
from django.core.files.storage import storages
from django.template import Context, Template
from django.template.base import FilterExpression, Node, NodeList, TokenType, Variable
from django.template.defaulttags import URLNode
from django.template.loaders import cached
from django.templatetags.i18n import BlockTranslateNode, TranslateNode
from django.templatetags.static import StaticNode
from django.urls import get_script_prefix, get_urlconf
from django.utils.translation import get_language


class Loader(cached.Loader):
    """Django's loader, which compiles each template once. TEMPLATES names it where DEBUG is off."""

    def get_template(self, template_name: str, skip: Any = None) -> Template:
        template = super().get_template(template_name, skip)
        if not hasattr(template, "constants_kept"):
            keep_constants(template.nodelist)
            template.constants_kept = True  # type: ignore[attr-defined] # a note on it for the next visitor
        return template


class Constant(Node):
    """A node whose output is the same whenever ``key`` is: rendered once for each. For None it may differ each time."""

    def __init__(self, node: Node, key: Callable[[Context], Hashable]) -> None:
        self.node, self.key = node, key
        self.token, self.origin = node.token, node.origin
        self.known: dict[Hashable, str] = {}

    def render(self, context: Context) -> str:
        key = self.key(context)
        if key is None:
            return self.node.render(context)
        try:
            return self.known[key]
        except KeyError:
            output = self.known[key] = self.node.render(context)
            return output


def keep_constants(nodelist: NodeList) -> None:
    """Replace the nodes of a compiled template that are constant, in blocks, conditions and loops as well."""
    for index, node in enumerate(nodelist):
        if key := constant(node):
            nodelist[index] = Constant(node, key)
        else:
            for inner in _nodelists(list(vars(node).values())):
                keep_constants(inner)


def constant(node: Node) -> Callable[[Context], Hashable] | None:
    """What the output of this node depends on, by its context; None if on more than that.

    Only Django's own nodes are known well enough: one that is derived from them may look at the visitor.
    """
    if type(node) is StaticNode:
        return _for_storage if node.varname is None and _is_literal(node.path) else None
    if type(node) is URLNode:
        plain = not node.args and not node.kwargs and node.asvar is None
        return _for_urls if plain and _is_literal(node.view_name) else None
    if type(node) is TranslateNode:
        plain = node.asvar is None and node.message_context is None
        return _for_language if plain and _is_literal(node.filter_expression) else None
    if type(node) is BlockTranslateNode:
        plain = node.asvar is None and node.message_context is None and not node.extra_context
        words = all(token.token_type == TokenType.TEXT for token in node.singular)
        return _for_language if plain and words and node.countervar is None else None
    return None


def _for_storage(context: Context) -> Hashable:
    storage = storages["staticfiles"]
    # Others may sign their URLs, say, which then expire.
    return (storage, context.autoescape) if isinstance(storage, ManifestFilesMixin) else None


def _for_urls(context: Context) -> Hashable:
    request = getattr(context, "request", None)
    namespace = getattr(getattr(request, "resolver_match", None), "namespace", None)
    current_app = getattr(request, "current_app", namespace)  # as Django's own node has it
    urlconf = get_urlconf() or settings.ROOT_URLCONF
    return urlconf, get_script_prefix(), current_app, get_language(), context.autoescape


def _for_language(context: Context) -> Hashable:
    return get_language(), context.autoescape


def _is_literal(expression: FilterExpression) -> bool:
    var = expression.var
    return not expression.filters and (isinstance(var, str) or (isinstance(var, Variable) and var.literal is not None))


def _nodelists(value: Any) -> Iterator[NodeList]:
    """The lists of nodes that a node holds; the `if` tag has one beside each of its conditions."""
    if isinstance(value, NodeList):
        yield value
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _nodelists(item)
