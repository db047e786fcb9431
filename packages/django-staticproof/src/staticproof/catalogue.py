"""The rules of the proof: every known fault of Django static files, each with a number.

The rows (T4, H1 ...) are those of the table in the README. The meaning of a number never changes, because people use it
in their ignore comments. ``Rule.remedy`` is the general remedy. The hint of a finding is about one place.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """One row of the catalogue: its id, the fault, and the remedy in one line."""

    row: str
    title: str
    remedy: str


RULES: dict[int, Rule] = {
    1: Rule("T1", "`{% static %}` without `{% load static %}`", "Load it in every template that uses it."),
    2: Rule("T2", "unclosed or malformed `{% static %}` tag", "Write {% static 'path' %}."),
    3: Rule("T3", "unquoted path in `{% static %}`", "Put the path in quotes."),
    4: Rule("T4", "path that no finder knows", "Correct the path or add the file."),
    5: Rule("T5", "right name, wrong case", "Write the name as it is on the disk."),
    6: Rule("T6", "leading slash in `{% static %}`", "Leave the slash out."),
    7: Rule("T7", "`{% static %}` as the prefix of another path", "Give the tag the whole path of one file."),
    8: Rule("T8", "the static folder's own name in the path", "Start the path below that folder."),
    9: Rule("T9", "variable argument: cannot be proven", "Use a constant, or accept it with a reason."),
    10: Rule("T10", "broken `{% static %}` inside an HTML comment", "Use {# #} to comment it out, or remove it."),
    11: Rule("T11", "relative reference without a tag", "Write {% static 'path' %}."),
    12: Rule("T12", "`{% static %}` in a mail", "Put the site's origin before it: https://{{ domain }}."),
    21: Rule("H1", "hard-coded static URL in an attribute", "Write {% static 'path' %}."),
    22: Rule("H2", "hard-coded static URL in CSS, JavaScript or Python", "Use a relative URL, the tag or static()."),
    23: Rule("H3", "path glued to the static prefix", "Write {% static 'path' %}."),
    31: Rule("P1", "`Media` names a missing file", "Correct the path or add the file."),
    32: Rule("P2", "`static()` called at import time", "Call it inside a function, or make it lazy."),
    41: Rule("C1", "CSS `url()` or `@import` of a missing file", "Correct the URL, relative to the stylesheet."),
    42: Rule("C2", "CSS `image-set()` of a missing file", "Correct the URL, or wrap it in url()."),
    43: Rule("C3", "source map named but missing", "Add the map, or remove the sourceMappingURL comment."),
    44: Rule("C4", "stylesheet not in UTF-8, or `@import` cycle", "Save as UTF-8; break the cycle."),
    51: Rule("J1", "JavaScript import that loses its file once names are hashed", "Import a name of an import map."),
    52: Rule("J2", "JavaScript import of a missing file", "Correct the path or add the file."),
    61: Rule("L1", "two different files under one static path", "Give each app its own folder inside static/."),
    62: Rule("L2", "app static files without the app's namespace", "Move them to <app>/static/<app>/."),
    63: Rule("L3", "app with static files that is not installed", "Add it to INSTALLED_APPS."),
    64: Rule("L4", "STATIC_ROOT overlaps a source of static files", "Give STATIC_ROOT a folder of its own."),
    65: Rule("L5", "entry of STATICFILES_DIRS that does not exist", "Create the folder or remove the entry."),
    66: Rule("L6", "two names that differ only by case", "Rename one of them."),
    67: Rule("L7", "dot file that collectstatic skips", "Rename it without the leading dot."),
    68: Rule("L8", "referenced file that git ignores", "Take it out of .gitignore, or move it."),
    69: Rule("L9", "media and static files overlap", "Keep uploads and static files apart."),
    70: Rule("L10", "name that a URL or another system cannot carry", "Use letters, digits, '-', '_' and '.'."),
    81: Rule("S1", "WhiteNoise missing or misplaced in MIDDLEWARE", "Put it directly after SecurityMiddleware."),
    82: Rule("S2", "the active storage is not the manifest one", 'Set STORAGES["staticfiles"].'),
    83: Rule("S3", "STATIC_ROOT or STATIC_URL unusable", "Set both; STATIC_URL ends in a slash."),
    84: Rule("S4", "static files not collected, or stale", "Run collectstatic after the last change."),
    85: Rule("S5", "collected file lost or damaged", "Run collectstatic --clear."),
    86: Rule("S6", "static file served wrongly", "Serve through WhiteNoise with hashed names."),
    87: Rule("S7", "error page that needs the manifest", "Write error pages that need no static files."),
    101: Rule("", "file that cannot be read", "Make it a readable, regular file."),
    102: Rule("", "file too large to read", "Split it, or accept it with a reason."),
    103: Rule("", "file that is not text", "Save it as UTF-8 text, or move it elsewhere."),
    104: Rule("", "template that does not compile", "Correct the template."),
    105: Rule("", "symbolic links that form a loop", "Remove the link."),
    106: Rule("", "ignore without a reason", "Add the reason after two dashes."),
    107: Rule("", "ignore that silences nothing", "Remove it."),
    88: Rule("S8", "blocked by the page's own Content-Security-Policy", "Move it to a static file, or allow it."),
    89: Rule("S9", "settings that do not start with DEBUG off", "Give the variables dummy values for the proof."),
    90: Rule("J3", "file loaded twice under two names", "Refer to it by one name everywhere."),
    100: Rule("", "count of all faults, in `check --deploy`", "Correct the faults that the warnings name."),
}
