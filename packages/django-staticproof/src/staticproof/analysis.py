"""The whole static analysis: everything that can be known without collecting and without serving."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from .findings import Finding, Level
from .project import base_dir, is_own, static_prefixes, walk
from .reading import asset_rules, configuration, ignored_files, layout, media, memory, python_code, scripts, stylesheets
from .reading.files import Unreadable, remember
from .reading.index import Index, build
from .reading.mail import mail_templates
from .reading.python_code import PythonFacts
from .reading.references import Reference
from .reading.template_rules import TemplateCheck, import_map_of, unproven
from .reading.templates import TemplateFacts, TemplateFile, discover, read_template
from .silence import Ignore, silence


@dataclass
class Analysis:
    """What one run has found: the findings, the proven references, and how much was read."""

    index: Index
    findings: list[Finding] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)
    ignores: list[tuple[Path, Ignore]] = field(default_factory=list)
    templates: int = 0


_latest: Analysis | None = None


def analyse(*, third_party: bool = True) -> list[Finding]:
    """Every finding that nobody has silenced, sorted by file and line.

    With ``third_party`` the installed packages are read too; what is found in them are notes. Without it only the
    site's own code is read, which is quicker.
    """
    global _latest
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
    _judge_code(analysis, read_code, third_party=third_party)
    analysis.findings += analysis.index.findings
    analysis.findings += layout.check(analysis.index, list(analysis.findings), third_party=third_party)
    analysis.findings += ignored_files.check(analysis.references, analysis.index)
    analysis.findings += configuration.check(analysis.index)
    if not third_party:
        analysis.findings = [finding for finding in analysis.findings if not _is_foreign_note(finding)]
    complete = third_party and not missing_parsers()
    analysis.findings = sorted(silence(analysis.findings, analysis.ignores, complete=complete), key=_place)
    _latest = analysis
    memory.save(base_dir())
    return analysis.findings


def references() -> list[Reference]:
    """The references that the latest run has proven; runs the analysis when it has not run yet."""
    return sorted(_run().references, key=lambda reference: (str(reference.file), reference.line, reference.name))


def statistics() -> dict[str, int]:
    """Counts of the latest run: `templates` read, `references` proven, `files` known and `unproven`."""
    run = _run()
    return {
        "templates": run.templates,
        "references": len(run.references),
        "files": len(run.index.files),
        "unproven": sum(1 for finding in unproven(run.findings) if finding.level > Level.NOTE),
    }


def missing_parsers() -> list[str]:
    """The distributions to install so that stylesheets and scripts can be read, empty when all are there."""
    missing = [] if stylesheets.AVAILABLE else ["tinycss2"]
    return missing if scripts.AVAILABLE else [*missing, "tree-sitter", "tree-sitter-javascript"]


def _run() -> Analysis:
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
            continue  # the interpreter says what is wrong with Python files
        analysis.ignores += [(path, ignore) for ignore in read[path].ignores]
    return read


Read = list[tuple[TemplateFile, TemplateFacts]]


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
    for template, facts in (*own, *foreign):
        is_mail = template in mails
        TemplateCheck(
            template, facts, analysis.index, import_map, is_mail, analysis.findings, analysis.references
        ).run()


def _judge_code(analysis: Analysis, code: dict[Path, PythonFacts], *, third_party: bool) -> None:
    known: set[tuple[Path, str]] = set()
    for path, facts in code.items():
        findings, found = media.check_code(path, facts, analysis.index)
        analysis.findings += findings
        analysis.references += found
        known |= {(path, mention.url) for mention in facts.media}
    analysis.findings += media.check_classes(known, analysis.index, third_party=third_party)


def _is_foreign_note(finding: Finding) -> bool:
    return finding.level == Level.NOTE and finding.file is not None and not is_own(finding.file)


def _place(finding: Finding) -> tuple[str, int, int, str]:
    return (str(finding.file or ""), finding.line or 0, finding.number, finding.message)
