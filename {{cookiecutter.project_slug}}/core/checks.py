"""The site's own checks for `manage.py check --deploy`: data that a restart would delete, and example answers."""

import os
from collections.abc import Iterator
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
    return [
        Warning(
            f"{what} '{path}' is on a disk that {platform} empties at every restart.",
            hint=f"Set {variable}, or use a persistent disk. See the README.",
            id=check_id,
        )
        for check_id, what, path, variable in local_data()
        if (platform := ephemeral_platform(path))
    ]


@register(Tags.sites, deploy=True)
def check_example_answers(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Warn while the site has the answers that the template suggests."""
    examples = {
        "SITE_DOMAIN": (settings.SITE_DOMAIN, EXAMPLE_DOMAIN, "Set the environment variable SITE_DOMAIN."),
        "SITE_AUTHOR": (settings.SITE_AUTHOR, "Your Name", "Change it in config/settings.py."),
        "SITE_AUTHOR_EMAIL": (settings.SITE_AUTHOR_EMAIL, "you@example.com", "Change it in config/settings.py."),
    }
    return [
        Warning(f"{name} is still the example '{example}'.", hint=hint, id="core.W003")
        for name, (value, example, hint) in examples.items()
        if value == example
    ]


def local_data() -> Iterator[tuple[str, str, Path, str]]:
    """Yield the id, description and path of data in local files, and the variable that moves it elsewhere."""
    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3") and ":memory:" not in str(database["NAME"]):
        yield "core.W001", "The database", Path(database["NAME"]), "DATABASE_URL"
    if settings.STORAGES["default"]["BACKEND"].endswith("FileSystemStorage"):
        yield "core.W002", "The folder of uploads", Path(settings.MEDIA_ROOT), "AWS_STORAGE_BUCKET_NAME"


def ephemeral_platform(path: Path) -> str:
    """Return the name of the platform that empties the disk of ``path``, or an empty string."""
    for variable, platform in EPHEMERAL.items():
        if os.environ.get(variable):
            return platform if platform == "Heroku" or not is_on_mounted_disk(path) else ""
    return ""


def is_on_mounted_disk(path: Path) -> bool:
    """Return whether the path is on another disk than the root folder."""
    return any(folder != Path(folder.anchor) and folder.is_mount() for folder in (path, *path.absolute().parents))
