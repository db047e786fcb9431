"""`manage.py document_environment`: the table in the README and `.env.example`, from config/environment.py."""

import re
import textwrap
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config.environment import NO_VALUE, VARIABLES, Variable

BEGIN, END = "<!-- environment variables: begin -->", "<!-- environment variables: end -->"
INTRODUCTION = """\
# The environment of a developer's machine. Copy this file to .env, which git ignores.
# In production there is no such file: set the variables on the platform.
"""


class Command(BaseCommand):
    help = "Writes the README's table of environment variables and .env.example from config/environment.py."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--check", action="store_true", help="Fail if a file differs, and write nothing.")

    def handle(self, *args: Any, **options: Any) -> None:
        readme = settings.BASE_DIR / "README.md"
        example = settings.BASE_DIR / ".env.example"
        table = f"{BEGIN}\n\n{readme_table()}\n{END}"
        written = readme.read_text(encoding="utf-8")
        wanted = {
            readme: re.sub(f"{BEGIN}.*{END}", lambda match: table, written, flags=re.DOTALL),
            example: env_example(),
        }
        for path, text in wanted.items():
            if path.exists() and path.read_text(encoding="utf-8") == text:
                continue
            if options["check"]:
                raise CommandError(f"{path.name} is out of date. Run manage.py document_environment.")
            path.write_text(text, encoding="utf-8", newline="\n")


def readme_table() -> str:
    rows = [f"| `{variable.name}` | {default_text(variable)} | {help_text(variable)} |\n" for variable in VARIABLES]
    return "".join(["| variable | default | what it is for |\n|---|---|---|\n", *rows])


def default_text(variable: Variable) -> str:
    if variable.default_text or variable.default in (None, ""):
        return variable.default_text or "none"
    in_development = "" if variable.development is NO_VALUE else f"; `{variable.development}` with `DEBUG`"
    return f"`{variable.default}`{in_development}"


def help_text(variable: Variable) -> str:
    return f"{variable.help} Example: `{variable.example}`" if variable.example else variable.help


def env_example() -> str:
    entries = [INTRODUCTION]
    for variable in VARIABLES:
        comment = textwrap.fill(variable.help, 118, initial_indent="# ", subsequent_indent="# ")
        off = "" if variable.name == "DEBUG" else "# "
        entries.append(f"{comment}\n{off}{variable.name}={variable.example}\n")
    return "\n".join(entries)
