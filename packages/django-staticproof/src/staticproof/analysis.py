"""The static analysis: find faults without collecting and without serving."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

from .findings import Finding, Level
from .project import base_dir, is_own, shown, static_prefixes, walk
from .reading import asset_rules, configuration, contract, ignored_files, layout, media, memory, packagers, python_code
from .reading.files import Unreadable, remember
from .reading.index import Index, build
from .reading.mail import mail_templates
from .reading.python_code import PythonFacts
from .reading.references import Reference
from .reading.template_rules import TemplateCheck, import_map_of, unproven
from .reading.templates import TemplateFacts, TemplateFile, discover, read_template
from .reading.usage import CodeUsage, unused
from .silence import Ignore, silence

GROUPED = {4, 5, 6, 8, 31, 67}  # rules about a name, which may be wrong in several places
HARD_CODED = {21, 22, 23}
MANY_PLACES = 3  # so many references to one missing file become one finding
MOST_PLACES = 5  # named in one message
Read = list[tuple[TemplateFile, TemplateFacts]]


@dataclass
class Analysis:
    """The results of one run: the findings, the proven references, and the numbers of files.

    ``separate`` are the findings before several with the same cause become one.
    """

    index: Index
    findings: list[Finding] = field(default_factory=list)
    separate: list[Finding] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)
    ignores: list[tuple[Path, Ignore]] = field(default_factory=list)
    templates: int = 0


_latest: Analysis | None = None


def analyse(*, third_party: bool = True, as_if: str | None = None) -> list[Finding]:
    """Return every finding that is not silenced, sorted by file and line.

    With ``third_party``, installed packages are read too. Findings in them are notes. Without it, only the site's own
    code is read, which is faster. ``as_if`` is one of ``contract.CHOICES``: assume that the static files storage has
    this contract. None uses the contract of the configured storage.

    Raises:
        ValueError: when ``as_if`` is not one of the choices.
    """
    global _latest
    contract.judge_as(as_if)
    memory.load(base_dir())
    analysis = Analysis(build())
    read_code = _read_code(analysis)
    own, foreign = _read_templates(analysis, third_party=third_party)
    _judge_templates(analysis, own, foreign, read_code)
    import_map = import_map_of(facts for _, facts in own)
    checked = asset_rules.check(analysis.index, import_map, third_party=third_party)
    analysis.findings += checked.findings
    analysis.references += checked.references
    analysis.ignores += checked.ignores
    _judge_code(analysis, read_code, own)
    analysis.findings += analysis.index.findings
    analysis.findings += layout.check(analysis.index, list(analysis.findings), third_party=third_party)
    analysis.findings += ignored_files.check(analysis.references, analysis.index)
    analysis.findings += configuration.check(analysis.index)
    analysis.findings = ignored_files.unbuilt(analysis.findings, analysis.index)
    if not third_party:
        analysis.findings = [finding for finding in analysis.findings if not _is_foreign_note(finding)]
    analysis.separate = silence(list(dict.fromkeys(analysis.findings)), analysis.ignores, complete=third_party)
    analysis.findings = sorted(_one_for_each_cause(analysis.separate), key=_place)
    _latest = analysis
    memory.save(base_dir())
    return analysis.findings


def references() -> list[Reference]:
    """Return the references that the last run has proven. Run the analysis first when it has not run yet."""
    return sorted(latest().references, key=lambda reference: (str(reference.file), reference.line, reference.name))


def statistics() -> dict[str, int]:
    """Return counts of the last run: `templates` read, `references` proven, `files` indexed and `unproven` ones."""
    run = latest()
    return {
        "templates": run.templates,
        "references": len(run.references),
        "files": len(run.index.files),
        "unproven": sum(1 for finding in unproven(run.findings) if finding.level > Level.NOTE),
    }


def latest() -> Analysis:
    """Return the last run. Run the analysis first when it has not run yet."""
    if _latest is None:
        analyse()
    assert _latest is not None
    return _latest


def _read_code(analysis: Analysis) -> dict[Path, PythonFacts]:
    tree = walk()
    layout.note_uninstalled(analysis.index, tree.packages_with_static)
    read: dict[Path, PythonFacts] = {}
    for path in tree.python_files:
        try:
            read[path] = remember(path, ("python", static_prefixes()), python_code.read)
        except Unreadable:
            continue  # the interpreter reports broken Python files
        analysis.ignores += [(path, ignore) for ignore in read[path].ignores]
    return read


def _read_templates(analysis: Analysis, *, third_party: bool) -> tuple[Read, Read]:
    own: Read = []
    foreign: Read = []
    for template in discover(analysis.findings, third_party=third_party):
        try:
            facts = read_template(template)
        except Unreadable as unreadable:
            level = unreadable.level if template.own else Level.NOTE
            message = f"'{template.name}' {unreadable}"
            analysis.findings.append(Finding(unreadable.number, level, message, "", template.path))
            continue
        analysis.templates += 1
        (own if template.own else foreign).append((template, facts))
        analysis.ignores += [(template.path, ignore) for ignore in facts.ignores]
    return own, foreign


def _judge_templates(analysis: Analysis, own: Read, foreign: Read, code: dict[Path, PythonFacts]) -> None:
    named_in_python = {name for facts in code.values() for name in facts.mail_templates}
    mails = mail_templates(own, named_in_python)
    import_map = import_map_of(facts for _, facts in own)
    found: list[Finding] = []
    for template, facts in (*own, *foreign):
        TemplateCheck(template, facts, analysis.index, import_map, template in mails, found, analysis.references).run()
    uses = [
        (template.path, template.own, use) for template, facts in (*own, *foreign) for use in facts.compiled.bundles
    ]
    found += packagers.check(uses)
    analysis.findings += _marked(found, own, foreign, list(code))


def _marked(found: list[Finding], own: Read, foreign: Read, python: list[Path]) -> list[Finding]:
    """Return the findings. Change errors in unused templates to warnings, and mention this in their messages."""
    wrong = {finding.file for finding in found if finding.level == Level.ERROR}
    suspects = [template for template, _ in own if template.path in wrong]
    dead = unused(suspects, [template for template, _ in (*own, *foreign)], python)
    return [
        replace(
            finding, level=Level.WARNING, message=f"{finding.message} Nothing in the project renders this template."
        )
        if finding.file in dead and finding.level == Level.ERROR
        else finding
        for finding in found
    ]


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


def _judge_code(analysis: Analysis, code: dict[Path, PythonFacts], own: Read) -> None:
    usage = CodeUsage(code, (template for template, _ in own))
    for path, facts in code.items():
        findings, found = media.check_code(path, facts, analysis.index, usage)
        analysis.findings += findings
        analysis.references += found


def _is_foreign_note(finding: Finding) -> bool:
    return finding.level == Level.NOTE and finding.file is not None and not is_own(finding.file)


def _place(finding: Finding) -> tuple[str, int, int, str]:
    return (str(finding.file or ""), finding.line or 0, finding.number, finding.message)
