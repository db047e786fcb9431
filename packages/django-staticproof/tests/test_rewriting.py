"""The code reads Django's rewriting patterns, partly from private attributes. These tests fail when they disappear."""

import re

from django import VERSION
from django.contrib.staticfiles import storage


def test_the_storage_has_the_attributes_with_its_patterns() -> None:
    patterns = dict(storage.HashedFilesMixin.patterns)
    assert set(patterns) >= {"*.css", "*.js"}
    assert storage.HashedFilesMixin.support_js_module_import_aggregation is False
    extension, expressions = storage.HashedFilesMixin._js_module_import_aggregation_patterns  # type: ignore[attr-defined]
    assert extension == "*.js"
    assert all(
        "(?P<url>" in (expression if isinstance(expression, str) else expression[0]) for expression in expressions
    )


def test_the_pattern_of_comments_in_stylesheets() -> None:
    if VERSION >= (6, 1):
        assert isinstance(storage._css_ignored_re, re.Pattern)  # type: ignore[attr-defined]
