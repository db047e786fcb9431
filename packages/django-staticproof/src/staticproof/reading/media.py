"""The `Media` of forms, widgets and the admin, and `static()` in Python: rules P1, P2 and H2."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from .names import Verdict, judge_hard_coded, static_name
from .python_code import PythonFacts
from .run import Run


def check_code(path: Path, facts: PythonFacts, run: Run) -> None:
    """Check the references in one of the site's own Python files."""
    for mention in facts.hard_coded:
        is_glued = mention.kind == "glued"
        name = mention.url if is_glued else static_name(mention.url) or ""
        verdict = judge_hard_coded(23 if is_glued else 22, mention.url, run.index, f"Call static('{name}').")
        if is_glued:
            verdict = replace(verdict, message=verdict.message.replace(f"'{name}'", f"STATIC_URL + '{name}'", 1))
        run.fault(verdict, path, mention.line)
    for mention, at_import in facts.static_calls:
        if at_import and not mention.url.endswith("/"):  # the manifest storage does not look up folders
            message = "static() runs when this module is imported, and fails before the first collectstatic."
            hint = "Call it inside a function, or make it lazy: lazy(static, str)."
            run.fault(Verdict(32, message, hint, "at import"), path, mention.line)
        elif mention.url and (fault := run.judge(mention.url, path, mention.line)):
            run.fault(fault, path, mention.line)
    for mention in facts.media:
        if mention.kind.endswith(" text"):
            kind = mention.kind.removesuffix(" text")
            message = f"The {kind} of Media is a string, so Django uses each of its letters as a path."
            run.fault(Verdict(31, message, f"Write ['{mention.url}']."), path, mention.line)
        elif mention.url.startswith(("http://", "https://", "/")):
            continue
        elif fault := run.judge(mention.url, path, mention.line):
            # The paths of Media are written without a tag, so the hint shows the path only.
            hint = re.sub(r"\{% static (.*?) %\}", r"\1", fault.hint)
            run.fault(Verdict(31, f"Media: {fault.message}", hint, fault.kind), path, mention.line)
