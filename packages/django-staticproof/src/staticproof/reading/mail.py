"""Rule T12: templates for mail. A mail client cannot load a URL without a host."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePosixPath

from .discovery import TemplateFile
from .references import OUTPUT, StaticUse
from .templates import TemplateFacts

FOLDERS = {"mail", "mails", "email", "emails", "mailings", "newsletters"}
NAMED = re.compile(r"(?:^|[_\-.])(?:e?mail|newsletter)(?:[_\-.]|$)", re.IGNORECASE)
AFTER_ORIGIN = re.compile(rf"[\w/.:\]\-{OUTPUT}]")  # before a tag: a host, or a variable that may contain it


def mail_templates(templates: Mapping[TemplateFile, TemplateFacts], named_in_python: set[str]) -> set[TemplateFile]:
    """Return the templates that are sent by mail.

    These are templates that a function with a mailing call loads, and templates whose folder or name refers to mail.
    A page may be about mail addresses (`account/email.html` of django-allauth). Therefore a template with a form or a
    script is always a page. A template that extends a page is a page unless a function with a mailing call loads it.
    """
    candidates = {template: facts for template, facts in templates.items() if not facts.is_page}
    found = {template for template in candidates if template.name in named_in_python}
    likely = {template: facts for template, facts in candidates.items() if _refers_to_mail(template.name)}
    parents = {parent for facts in likely.values() for parent in facts.parents}
    mails = {name for name in parents - {template.name for template in templates} if _in_mail_folder(name)}
    grown = True
    while grown:  # a template may extend another one that only this round recognises as mail
        mails |= {template.name for template in found}
        extending = {template for template, facts in likely.items() if mails.issuperset(facts.parents)}
        grown = not extending <= found
        found |= extending
    return found


def without_origin(facts: TemplateFacts) -> list[StaticUse]:
    """Return the static tags whose URL is written without a scheme and host before it."""
    return [use for use in facts.statics if not all(AFTER_ORIGIN.match(before) for before in use.before)]


def _refers_to_mail(name: str) -> bool:
    return _in_mail_folder(name) or bool(NAMED.search(PurePosixPath(name).stem))


def _in_mail_folder(name: str) -> bool:
    return not FOLDERS.isdisjoint(part.lower() for part in PurePosixPath(name).parts[:-1])
