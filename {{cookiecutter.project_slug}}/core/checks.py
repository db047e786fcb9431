"""The site's own checks for `manage.py check --deploy`: data that a restart would delete, and example answers."""

import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register

from config.environment import EXAMPLE_DOMAIN

# Platforms whose disk is empty after each restart or deploy, by a variable that they set, from their documentation.
# All but Heroku can mount a persistent disk.
EPHEMERAL = {
    "DYNO": "Heroku",  # https://devcenter.heroku.com/articles/dynos#ephemeral-filesystem
    "K_SERVICE": "Cloud Run",  # https://cloud.google.com/run/docs/container-contract#filesystem
    "RENDER": "Render",  # https://render.com/docs/disks
    "FLY_APP_NAME": "Fly.io",  # https://fly.io/docs/volumes/overview/
    "RAILWAY_ENVIRONMENT_NAME": "Railway",  # https://docs.railway.com/reference/volumes
}


@register(Tags.files, deploy=True)
def check_data_is_persistent(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Warn if the database file or the uploads are on a disk that the platform empties."""
    local: list[tuple[str, Path, str, str]] = []
    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3") and ":memory:" not in str(database["NAME"]):
        local += [("database", Path(database["NAME"]), "DATABASE_URL", "core.W001")]
    if settings.STORAGES["default"]["BACKEND"].endswith("FileSystemStorage"):
        local += [("folder of uploads", Path(settings.MEDIA_ROOT), "AWS_STORAGE_BUCKET_NAME", "core.W002")]
    message = "The {} '{}' is on a disk that {} empties at every restart."
    hint = "Set {}, or use a persistent disk. See the README."
    return [
        Warning(message.format(data, path, platform), hint=hint.format(variable), id=check_id)
        for data, path, variable, check_id in local
        if (platform := ephemeral_platform(path))
    ]


@register(Tags.sites, deploy=True)
def check_example_answers(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Warn while the site has the answers that the template suggests."""
    examples = {"SITE_DOMAIN": EXAMPLE_DOMAIN, "SITE_AUTHOR": "Your Name", "SITE_AUTHOR_EMAIL": "you@example.com"}
    hint = "Change it at the top of config/settings.py; the domain is the environment variable SITE_DOMAIN."
    return [
        Warning(f"{name} is still the example '{example}'.", hint=hint, id="core.W003")
        for name, example in examples.items()
        if getattr(settings, name) == example
    ]


def ephemeral_platform(path: Path) -> str:
    """Return the name of the platform that empties the disk of ``path``, or an empty string."""
    platform = next((name for variable, name in EPHEMERAL.items() if os.environ.get(variable)), "")
    return "" if platform != "Heroku" and is_on_mounted_disk(path) else platform


def is_on_mounted_disk(path: Path) -> bool:
    """Return whether the path is on another disk than the root folder."""
    return any(folder != Path(folder.anchor) and folder.is_mount() for folder in (path, *path.absolute().parents))
