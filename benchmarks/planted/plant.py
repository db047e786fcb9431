"""Plant faults into a Django project, one at a time, and count the faults that the proof finds.

Run it in the folder of the project's `manage.py`, with the project's interpreter and the project's environment:

    DJANGO_SETTINGS_MODULE=... python /path/to/plant.py [--seed 1] [--each 5] -- python -m staticproof

The words after `--` are the command of the whole proof. It runs only for the faults that the reading stage does not
find. Every file is restored afterwards.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import json
import random
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

TEMPLATE_NAME = re.compile(r"""["']([\w@./-]+\.(?:html|jinja2?|j2))["']""")
IN_PYTHON = re.compile(r"""["']([\w@./-]+\.(?:css|js))["']""")
IN_TEMPLATE = re.compile(
    r"""\{%\s*static\s+["']([^"'{}]+)["']|\{\{\s*static\(\s*["']([^"'{}]+)["']|\{\{\s*STATIC_URL\s*\}\}([\w@./-]+\.\w+)"""
)
IN_STYLESHEET = re.compile(r"""url\(\s*["']?(?![a-z]+:|/|\#)([^"')?\#\s]+)""")
COMMENT = re.compile(r"<!--.*?-->|\{#.*?#\}|\{%-?\s*comment\b.*?endcomment\s*-?%\}|/\*.*?\*/", re.DOTALL)
SCRIPT_PLACE = re.compile(r"<script\b|</head>|</body>|</(?:main|section|article|div)>")
NOT_OURS = {"site-packages", "node_modules", ".git", ".venv", "venv", "tests", "test", "migrations"}
Finding = tuple[str, str, str]  # level, path of the file, message and hint
KINDS = ("deleted file", "wrong case", "dead url()", "stale script tag")


@dataclass(frozen=True)
class Fault:
    """One change of one file. ``after`` is its new content, or None to delete it. ``names`` is the name to be found."""

    kind: str
    file: Path
    after: str | None
    names: str


@dataclass(frozen=True)
class Project:
    """The templates and the stylesheets that the project uses, and the static files that these name.

    ``references`` are occurrences in the text of a template or stylesheet: file, start, end, and the static file.
    ``named_in_code`` are static files that Python code names, for example in settings or in a class `Media`.
    """

    templates: dict[Path, str]
    stylesheets: dict[Path, str]
    references: list[tuple[Path, int, int, Path]]
    named_in_code: set[Path]
    static_url: str


def main() -> int:
    """Plant the faults, print one line for each and a summary. Return 1 when less than 90 in 100 were found."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seed", type=int, default=1, help="chooses the places")
    parser.add_argument("--each", type=int, default=5, help="faults of each of the four kinds")
    parser.add_argument("--output", type=Path, help="write the results as JSON")
    parser.add_argument("command", nargs="*", help="the whole proof, after --")
    options = parser.parse_args()

    sys.path.insert(0, str(Path.cwd()))
    importlib.import_module("django").setup()
    faults = choose(survey(Path.cwd()), random.Random(options.seed), options.each)
    before = reading()
    results: dict[Fault, tuple[str, str]] = {}
    for fault in faults:
        with planted([fault]):
            level = found(fault, before, reading())
        results[fault] = ("reading", level)
        print(f"{level or 'not by reading':15} {fault.kind:17} {fault.names} in {fault.file.relative_to(Path.cwd())}")
    missed = [fault for fault, (_, level) in results.items() if not level]
    if missed and options.command:
        before = proof(options.command)
        for batch in batches(missed):
            with planted(batch):
                after = proof(options.command)
            for fault in batch:
                results[fault] = ("serving", found(fault, before, after))
                print(f"{results[fault][1] or 'MISSED':15} by the whole proof: {fault.kind} {fault.names}")
    return summarize(results, options.output)


def summarize(results: dict[Fault, tuple[str, str]], output: Path | None) -> int:
    """Print and write the numbers. Return the exit code."""
    hits = [fault for fault, (_, level) in results.items() if level]
    print(f"{len(hits)} of {len(results)} found: {dict(Counter(value for value in results.values() if value[1]))}")
    for kind in KINDS:
        planted_of_kind = [fault for fault in results if fault.kind == kind]
        print(f"  {kind}: {sum(fault in hits for fault in planted_of_kind)} of {len(planted_of_kind)}")
    if output:
        rows = [(fault.kind, str(fault.file), fault.names, stage, level) for fault, (stage, level) in results.items()]
        output.write_text(json.dumps(rows, indent=1), encoding="utf-8")
    return 0 if len(hits) >= 0.9 * len(results) else 1


def survey(root: Path) -> Project:
    """Return the templates and stylesheets in use: named by Python code, or by another one in use."""
    settings = importlib.import_module("django.conf").settings
    by_name = {name: path for folder in _template_folders() for name, path in _files(folder) if is_own(path, root)}
    code = [_text(path) for _, path in _files(root, "*.py") if is_own(path, root)]
    names = {name for text in code for name in TEMPLATE_NAME.findall(text)}
    templates: dict[Path, str] = {}
    while new := {by_name[name] for name in names if name in by_name} - templates.keys():
        for path in new:
            templates[path] = _text(path)
            names.update(TEMPLATE_NAME.findall(COMMENT.sub("", templates[path])))

    references: list[tuple[Path, int, int, Path]] = []
    named = {file for text in code for name in IN_PYTHON.findall(text) if (file := find_static(name, root))}
    used = set(named)
    for path, text in templates.items():
        for match, group in _outside_comments(IN_TEMPLATE, text):
            if static := find_static(match[group], root):
                references.append((path, *match.span(group), static))
                used.add(static)
    stylesheets: dict[Path, str] = {}
    for sheet in sorted(path for path in used if path.suffix == ".css"):
        stylesheets[sheet] = text = _text(sheet)
        for match, group in _outside_comments(IN_STYLESHEET, text):
            target = (sheet.parent / match[group]).resolve()
            if target.is_file() and is_own(target, root):
                references.append((sheet, *match.span(group), target))
    return Project(templates, stylesheets, references, named, settings.STATIC_URL)


def is_own(path: Path, root: Path) -> bool:
    """Return whether a file is the project's own: below its folder, not installed, not of tests."""
    return path.is_relative_to(root) and NOT_OURS.isdisjoint(path.relative_to(root).parts)


def find_static(name: str, root: Path) -> Path | None:
    """Return the own file with this static name, if it is the only one."""
    finders = importlib.import_module("django.contrib.staticfiles.finders")
    every = "find_all" if importlib.import_module("django").VERSION >= (5, 2) else "all"
    try:
        matches: list[str] = finders.find(name, **{every: True})
    except Exception:  # noqa: BLE001 - a name with `..`, and finders of other packages raise anything
        return None
    paths = {Path(match).resolve() for match in matches}
    path = paths.pop() if len(paths) == 1 else None
    return path if path and path.is_file() and is_own(path, root) else None


def _template_folders() -> Iterator[Path]:
    template = importlib.import_module("django.template")
    for engine in template.engines.all():
        yield from (Path(folder).resolve() for folder in engine.template_dirs)


def _files(folder: Path, pattern: str = "*") -> Iterator[tuple[str, Path]]:
    for path in sorted(folder.rglob(pattern)):
        if path.is_file():
            yield path.relative_to(folder).as_posix(), path


def _text(path: Path) -> str:
    """Return the text of a file with its own line ends."""
    return path.read_bytes().decode("utf-8", "replace")


def _outside_comments(pattern: re.Pattern[str], text: str) -> Iterator[tuple[re.Match[str], int]]:
    """Yield the matches outside comments, each with the number of its group."""
    comments = [match.span() for match in COMMENT.finditer(text)]
    for match in pattern.finditer(text):
        if not any(start <= match.start() < end for start, end in comments):
            yield match, match.lastindex or 0


def choose(project: Project, chance: random.Random, each: int) -> list[Fault]:
    """Return ``each`` faults of every kind, at places chosen by chance, with as many files as possible.

    Where a project has fewer places for one kind, other kinds fill up the number.
    """
    candidates: dict[str, list[Fault]] = {kind: [] for kind in KINDS}
    for named in sorted({file for *_, file in project.references} | project.named_in_code):
        candidates["deleted file"].append(Fault("deleted file", named, None, named.name))
    texts = project.templates | project.stylesheets
    for source, start, end, _ in project.references:
        name = texts[source][start:end]
        folder, slash, base = name.rpartition("/")
        wrong = base.swapcase() if base.upper() == base else base[:1].swapcase() + base[1:]
        if wrong != base:
            changed = f"{texts[source][:start]}{folder}{slash}{wrong}{texts[source][end:]}"
            candidates["wrong case"].append(Fault("wrong case", source, changed, wrong))
    for sheet, text in project.stylesheets.items():
        for match, group in _outside_comments(IN_STYLESHEET, text):
            name = f"planted-{Path(match[group]).stem}-gone{Path(match[group]).suffix}"
            folder, slash, _ = match[group].rpartition("/")
            changed = f"{text[: match.start(group)]}{folder}{slash}{name}{text[match.end(group) :]}"
            candidates["dead url()"].append(Fault("dead url()", sheet, changed, name))
        rule = f'{text}\n.planted {{ background: url("planted-end-gone.png"); }}\n'
        candidates["dead url()"].append(Fault("dead url()", sheet, rule, "planted-end-gone.png"))
    for template, text in project.templates.items():
        for match, _ in _outside_comments(SCRIPT_PLACE, text):
            name = f"js/planted-{chance.randrange(1000)}-gone.js"
            tag = f'<script src="{static_tag(text, name, project.static_url, chance)}"></script>'
            changed = f"{text[: match.start()]}{tag}{text[match.start() :]}"
            candidates["stale script tag"].append(Fault("stale script tag", template, changed, Path(name).name))
    chosen = [fault for kind in KINDS for fault in _spread(candidates[kind], chance, each)]
    left = [fault for kind in KINDS for fault in candidates[kind] if fault not in chosen]
    return chosen + _spread(left, chance, each * len(KINDS) - len(chosen))


def static_tag(text: str, name: str, static_url: str, chance: random.Random) -> str:
    """Return the URL of a static file as this template writes it, or hard-coded in one of two cases."""
    if chance.random() < 0.5:
        if re.search(r"\{%-?\s*load\b[^%]*\bstatic", text):
            return f"{{% static '{name}' %}}"
        if re.search(r"\{\{-?\s*static\(", text):
            return f"{{{{ static('{name}') }}}}"
    return f"{static_url}{name}"


def _spread(faults: list[Fault], chance: random.Random, count: int) -> list[Fault]:
    """Choose faults by chance, from every file once before any file twice."""
    shuffled = sorted(faults, key=lambda fault: (str(fault.file), fault.names))
    chance.shuffle(shuffled)
    seen: Counter[Path] = Counter()
    rounds = []
    for fault in shuffled:
        rounds.append((seen[fault.file], fault))
        seen[fault.file] += 1
    return [fault for _, fault in sorted(rounds, key=lambda pair: pair[0])][:count]


@contextlib.contextmanager
def planted(faults: list[Fault]) -> Iterator[None]:
    """Change the files of the faults, and restore them at the end."""
    kept = {fault.file: (fault.file.read_bytes(), fault.file.stat().st_mode) for fault in faults}
    try:
        for fault in faults:
            if fault.after is None:
                fault.file.unlink()
            else:
                fault.file.write_text(fault.after, encoding="utf-8", errors="replace", newline="")
        yield
    finally:
        for file, (content, mode) in kept.items():
            file.write_bytes(content)
            file.chmod(mode)


def batches(faults: list[Fault]) -> Iterator[list[Fault]]:
    """Yield groups of faults that do not interfere, because each is in a file of its own."""
    while faults:
        batch = list({fault.file: fault for fault in faults}.values())
        yield batch
        faults = [fault for fault in faults if fault not in batch]


def reading() -> list[Finding]:
    """Return the findings of the reading stage."""
    findings = importlib.import_module("staticproof.analysis").analyse()
    return [(one.level.name.lower(), str(one.file or ""), f"{one.message} {one.hint}") for one in findings]


def proof(command: list[str]) -> list[Finding]:
    """Run the whole proof and return its findings."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder, "proof.json")
        subprocess.run([*command, "--format", "json", "--output", str(output), "--verbosity", "2"], check=False)
        answer = json.loads(output.read_text(encoding="utf-8"))
    if "error" in answer:
        raise RuntimeError(answer["error"])
    place = [str(Path.cwd() / one["file"]) if one["file"] else "" for one in answer["findings"]]
    return [
        (one["level"], file, f"{one['message']} {one['hint']}")
        for one, file in zip(answer["findings"], place, strict=True)
    ]


def found(fault: Fault, before: list[Finding], after: list[Finding]) -> str:
    """Return the highest level of the new findings about the planted file or the planted name, or an empty string."""
    new = [one for one in after if one not in before]
    levels = {level for level, file, message in new if fault.names in message or file == str(fault.file)}
    return next((level for level in ("error", "warning", "note", "info") if level in levels), "")


if __name__ == "__main__":
    sys.exit(main())
