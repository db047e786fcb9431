"""Rule T12: templates for mail. A mail client cannot load a URL without a host."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import PurePosixPath

from .masking import OUTPUT
from .template_parser import StaticUse
from .templates import TemplateFacts, TemplateFile

FOLDERS = {"mail", "mails", "email", "emails", "mailings", "newsletters"}
NAMED = re.compile(r"(?:^|[_\-.])(?:e?mail|newsletter)(?:[_\-.]|$)", re.IGNORECASE)


def mail_templates(
    templates: Iterable[tuple[TemplateFile, TemplateFacts]], named_in_python: set[str]
) -> set[TemplateFile]:
    """Return the templates that are sent by mail.

    These are templates that a function with a mailing call loads, and templates whose folder or name refers to mail.
    A page may be about mail addresses (`account/email.html` of django-allauth). Therefore a template with a form or a
    script is always a page. A template that extends a page is a page unless a function with a mailing call loads it.
    """
    read = list(templates)
    by_name = {template.name: facts for template, facts in read}
    found = {template for template, facts in read if template.name in named_in_python and not facts.is_page}
    likely = [
        (template, facts)
        for template, facts in read
        if template not in found
        and (_in_mail_folder(template.name) or NAMED.search(PurePosixPath(template.name).stem))
        and not facts.is_page
    ]
    grown = True
    while grown:  # a template may extend another one that only this round recognises as mail
        names = {template.name for template in found}
        extending = {
            template
            for template, facts in likely
            if all(
                parent in names or (_in_mail_folder(parent) and parent not in by_name)
                for parent in facts.compiled.parents
            )
        }
        grown = not extending <= found
        found |= extending
    return found


def without_origin(facts: TemplateFacts) -> list[StaticUse]:
    """Return the static tags whose URL is written without a scheme and host before it."""
    found = []
    for use in facts.compiled.statics:
        if use.variable is None:
            places = [use.start]
        else:
            places = [start for name, start in facts.compiled.variables if name == use.variable]
        if any(not _follows_origin(facts.before.get(place, "")) for place in places):
            found.append(use)
    return found


def _follows_origin(before: str) -> bool:
    return before == OUTPUT or bool(re.match(r"[\w/.:\]\-]", before))


def _in_mail_folder(name: str) -> bool:
    return not FOLDERS.isdisjoint(part.lower() for part in PurePosixPath(name).parts[:-1])
