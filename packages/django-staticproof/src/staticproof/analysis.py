"""The static analysis: find faults without collecting and without serving."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

from .findings import Finding, Level
from .project import base_dir, is_own, own_code, shown, static_prefixes
from .reading import asset_rules, configuration, contract, ignored_files, layout, media, memory, packagers, python_code
from .reading.discovery import TemplateFile, discover
from .reading.index import build
from .reading.mail import mail_templates
from .reading.python_code import PythonFacts
from .reading.run import Run
from .reading.template_rules import TemplateCheck, import_map_of
from .reading.templates import TemplateFacts, read_template
from .reading.usage import Usage
from .silence import silence

GROUPED = {4, 5, 6, 8, 31, 67}  # rules about a name, which may be wrong in several places
HARD_CODED = {21, 22, 23}
UNPROVEN = {9, 102}
MANY_PLACES = 3  # so many references to one missing file become one finding
MOST_PLACES = 5  # named in one message

_latest: Run | None = None
_lock = threading.RLock()


def analyse(*, third_party: bool = True, as_if: str | None = None) -> list[Finding]:
    """Return every finding that is not silenced, sorted by file and line.

    With ``third_party``, installed packages are read too. Findings in them are notes. Without it, only the site's own
    code is read, which is faster. ``as_if`` is one of ``contract.CHOICES``: assume that the static files storage has
    this contract. None uses the contract of the configured storage. Any thread may call this function again and again.

    Raises:
        ValueError: when ``as_if`` is not one of the choices.
    """
    global _latest
    with _lock:
        contract.judge_as(as_if)
        memory.load(base_dir())
        run = Run(build())
        code = _read_code(run)
        templates = _read_templates(run, third_party=third_party)
        usage = _judge_templates(run, templates, code)
        own = [facts for template, facts in templates.items() if template.own]
        asset_rules.check(run, import_map_of(own), third_party=third_party)
        for path, facts in code.items():
            known = len(run.findings)
            media.check_code(path, facts, run)
            run.findings[known:] = [_unused(f, usage.unused_code(path, f.line)) for f in run.findings[known:]]
        run.findings += run.index.findings
        layout.check(run)
        ignored_files.check(run)
        configuration.check(run)
        found = dict.fromkeys(ignored_files.unbuilt(run.findings, run.index))
        wanted = [finding for finding in found if third_party or not _is_foreign_note(finding)]
        run.separate = silence(wanted, run.ignores, complete=third_party)
        run.findings = sorted(_one_for_each_cause(run.separate), key=_place)
        memory.save(base_dir())
        _latest = run
        return run.findings


def latest() -> Run:
    """Return the last run. Run the analysis first when it has not run yet."""
    if _latest is None:
        analyse()
    assert _latest is not None
    return _latest


def statistics() -> dict[str, int]:
    """Return counts of the last run: `templates` read, `references` proven, `files` indexed and `unproven` ones."""
    run = latest()
    return {
        "templates": run.templates,
        "references": len(run.references),
        "files": len(run.index.files),
        "unproven": sum(finding.number in UNPROVEN and finding.level > Level.NOTE for finding in run.findings),
    }


def _read_code(run: Run) -> dict[Path, PythonFacts]:
    python_files, packages = own_code()
    layout.note_uninstalled(run.index, packages)
    read: dict[Path, PythonFacts] = {}
    for path in python_files:
        try:
            read[path] = memory.remember(path, ("python", static_prefixes()), python_code.read)
        except memory.Unreadable:
            continue  # the interpreter reports broken Python files
        run.ignores += [(path, ignore) for ignore in read[path].ignores]
    return read


def _read_templates(run: Run, *, third_party: bool) -> dict[TemplateFile, TemplateFacts]:
    read: dict[TemplateFile, TemplateFacts] = {}
    for template in discover(run.findings, third_party=third_party):
        if (facts := _read_template(run, template)) is not None:
            read[template] = facts
            run.ignores += [(template.path, ignore) for ignore in facts.ignores]
    run.templates = len(read)
    return read


def _read_template(run: Run, template: TemplateFile) -> TemplateFacts | None:
    try:
        return read_template(template)
    except memory.Unreadable as unreadable:
        message = f"'{template.name}' {unreadable}"
        run.add(unreadable.number, unreadable.level, message, "", template.path, own=template.own)
        return None


def _judge_templates(run: Run, templates: dict[TemplateFile, TemplateFacts], code: dict[Path, PythonFacts]) -> Usage:
    """Check the templates. Errors in templates that nothing renders become warnings. Return what is used."""
    own = {template: facts for template, facts in templates.items() if template.own}
    mails = mail_templates(own, {name for facts in code.values() for name in facts.mail_templates})
    import_map = import_map_of(own.values())
    usage = Usage(code, templates)
    unbuilt: set[Path] = set()
    for template, facts in templates.items():
        known = len(run.findings)
        TemplateCheck(template, facts, run, import_map, template in mails).check()
        packagers.check(template, facts.bundles, run, unbuilt)
        found = run.findings[known:]
        if any(finding.level == Level.ERROR for finding in found) and not usage.is_rendered(template):
            run.findings[known:] = [_unused(finding, "renders this template") for finding in found]
    return usage


def _unused(finding: Finding, what: str) -> Finding:
    if finding.level < Level.ERROR or finding.number == 32 or not what:  # 032 fails at import already
        return finding
    return replace(finding, level=Level.WARNING, message=f"{finding.message} Nothing in the project {what}.")


def _one_for_each_cause(findings: list[Finding]) -> list[Finding]:
    """Return the findings, with one finding in place of many with the same cause.

    The cause is a missing file or the hard-coded URL of one file. Hard-coded URLs that are errors stay separate,
    because each of them must be changed.
    """
    groups: dict[tuple[object, ...], list[Finding]] = {}
    for finding in sorted(findings, key=_place):
        if finding.number == 51 or (finding.number in HARD_CODED and finding.level < Level.ERROR):
            groups.setdefault((finding.number, finding.file, finding.level), []).append(finding)
        elif finding.number in GROUPED:
            groups.setdefault((finding.number, finding.message, finding.level), []).append(finding)
    merged: dict[Finding, Finding | None] = {}
    for group in groups.values():
        if len(group) >= MANY_PLACES:
            places = [f"{shown(finding.file)}:{finding.line}" for finding in group[1:] if finding.file]
            more = f" and {len(places) - MOST_PLACES} more places" if len(places) > MOST_PLACES else ""
            message = f"{group[0].message} Also in {', '.join(places[:MOST_PLACES])}{more}."
            merged.update(dict.fromkeys(group[1:]))
            merged[group[0]] = replace(group[0], message=message)
    return [kept for finding in findings if (kept := merged.get(finding, finding)) is not None]


def _is_foreign_note(finding: Finding) -> bool:
    return finding.level == Level.NOTE and finding.file is not None and not is_own(finding.file)


def _place(finding: Finding) -> tuple[str, int, int, str]:
    return (str(finding.file or ""), finding.line or 0, finding.number, finding.message)
