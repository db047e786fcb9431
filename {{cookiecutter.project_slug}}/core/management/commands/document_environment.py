"""`manage.py document_environment`: the table in the README and `.env.example`, from config/environment.py."""

import re
import textwrap
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config.environment import NO_VALUE, VARIABLES, Variable

BEGIN, END = "<!-- environment variables: begin -->", "<!-- environment variables: end -->"
HEADER = "# Copy this file to .env on a developer's machine; git ignores it. In production, set real variables.\n"


class Command(BaseCommand):
    help = "Writes the README's table of environment variables and .env.example from config/environment.py."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--check", action="store_true", help="Fail if a file differs, and write nothing.")

    def handle(self, *args: Any, **options: Any) -> None:
        readme, example = settings.BASE_DIR / "README.md", settings.BASE_DIR / ".env.example"
        rows = ["| variable | default | purpose |", "|---|---|---|", *map(table_row, VARIABLES)]
        table = "\n".join([BEGIN, "", *rows, "", END])
        text = re.sub(f"{BEGIN}.*{END}", lambda match: table, readme.read_text(encoding="utf-8"), flags=re.DOTALL)
        for path, wanted in ((readme, text), (example, "\n".join([HEADER, *map(example_entry, VARIABLES)]))):
            if not options["check"]:
                path.write_text(wanted, encoding="utf-8", newline="\n")
            elif not path.exists() or path.read_text(encoding="utf-8") != wanted:
                raise CommandError(f"{path.name} is out of date. Run manage.py document_environment.")


def table_row(variable: Variable) -> str:
    default = variable.default_text or (f"`{variable.default}`" if variable.default not in (None, "") else "none")
    if variable.development is not NO_VALUE and not variable.default_text:
        default += f"; `{variable.development}` with `DEBUG`"
    example = f" Example: `{variable.example}`" if variable.example else ""
    return f"| `{variable.name}` | {default} | {variable.help}{example} |"


def example_entry(variable: Variable) -> str:
    comment = textwrap.fill(variable.help, 118, initial_indent="# ", subsequent_indent="# ")
    return f"{comment}\n{'' if variable.name == 'DEBUG' else '# '}{variable.name}={variable.example}\n"
