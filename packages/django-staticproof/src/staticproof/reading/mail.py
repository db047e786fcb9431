"""Rule T12: templates for mail, in which a URL without a host leads nowhere."""

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
    """Return the templates that are sent by mail: rendered next to a mailing call, in a mail folder, or so named.

    A page may be about mail addresses (`account/email.html` of django-allauth). A template that has a form or a script,
    or extends a template that is not for mail, is a page, unless Python says otherwise.
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
    while grown:  # a mail may extend a mail that is known as one only after this round
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
