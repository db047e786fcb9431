"""`manage.py startapp blog`: an app that follows this site's layout."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.core.management.commands.startapp import Command as DjangoCommand

APP_TEMPLATE = Path(__file__).resolve().parents[2] / "app_template"


class Command(DjangoCommand):
    """Django's own command with this site's template, in the site's root whatever the current folder is."""

    help = "Make an app with namespaced static files and templates, urls and a test."
    rewrite_template_suffixes = ((".py-tpl", ".py"), (".html-tpl", ".html"), (".css-tpl", ".css"))

    def handle(self, **options: Any) -> None:  # type: ignore[override]  # as Django's own does
        name = options["name"]
        own_layout = options["template"] is None and options["directory"] is None
        if own_layout:
            target = settings.BASE_DIR / name
            if target.exists():
                raise CommandError(f"'{target}' already exists")
            options |= {"template": str(APP_TEMPLATE), "directory": str(target), "extensions": ["py", "html", "css"]}
        super().handle(**options)
        if own_layout and options["verbosity"]:
            self.stdout.write(
                f"{name}/ is ready. Two lines are left to add:\n\n"
                f'  config/settings.py, INSTALLED_APPS:   "{name}",\n'
                f'  config/urls.py, urlpatterns:          path("{name}/", include("{name}.urls")),\n\n'
                f"Then open /{name}/ in the browser, and run its test: uv run pytest {name}"
            )
