"""`manage.py startapp blog`: an app in the layout of this site."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.core.management.commands.startapp import Command as DjangoCommand

APP_TEMPLATE = Path(__file__).resolve().parents[2] / "app_template"


class Command(DjangoCommand):
    """Django's command with the site's app template. It writes to the root of the site from any current folder."""

    help = "Makes an app with namespaced static files and templates, URLs and a test."
    rewrite_template_suffixes = ((".py-tpl", ".py"), (".html-tpl", ".html"), (".css-tpl", ".css"), (".js-tpl", ".js"))

    def handle(self, **options: Any) -> None:  # type: ignore[override]  # Django's own command has the same signature
        name = options["name"]
        site_layout = options["template"] is None and options["directory"] is None
        if site_layout:
            app = settings.BASE_DIR / name
            if app.exists():
                raise CommandError(f"'{app}' already exists")
            options |= {"template": str(APP_TEMPLATE), "directory": str(app), "extensions": ["py", "html", "css", "js"]}
        super().handle(**options)
        if site_layout and options["verbosity"]:
            self.stdout.write(
                f"{name}/ is ready. Add two lines:\n\n"
                f'  config/settings.py, INSTALLED_APPS:   "{name}",\n'
                f'  config/urls.py, urlpatterns:          path("{name}/", include("{name}.urls")),\n\n'
                f"Then open /{name}/ in the browser, and run its test: uv run pytest {name}"
            )
