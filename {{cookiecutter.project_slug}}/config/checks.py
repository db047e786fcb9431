"""What `manage.py check --deploy` says of this site beside Django's own checks: data that a restart would lose."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register

# Hosts whose disk is new after each restart or deploy, by the variable that they set, as their documentation says.
# All but Heroku can mount a disk that stays.
EPHEMERAL = {
    "DYNO": "Heroku",  # https://devcenter.heroku.com/articles/dynos#ephemeral-filesystem
    "K_SERVICE": "Cloud Run",  # https://cloud.google.com/run/docs/container-contract#filesystem
    "RENDER": "Render",  # https://render.com/docs/disks
    "FLY_APP_NAME": "Fly.io",  # https://fly.io/docs/volumes/overview/
    "RAILWAY_ENVIRONMENT_NAME": "Railway",  # https://docs.railway.com/reference/volumes
}


@register(Tags.files, deploy=True)
def data_is_kept(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Warn of a database file and of uploads on a disk that does not stay."""
    return [
        Warning(
            f"{what} '{path}' is on a disk that {host} empties at every restart: {loss}.",
            hint=f"Set {variable}, or keep it on a disk that stays. The README says how.",
            id=f"config.W{number:03}",
        )
        for number, what, path, loss, variable in kept_here()
        if (host := losing_host(path, os.environ))
    ]


def kept_here() -> Iterator[tuple[int, str, Path, str, str]]:
    """What this site keeps in files: a number, its name and path, what would be lost, the variable that moves it."""
    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3") and ":memory:" not in str(database["NAME"]):
        yield 1, "The database", Path(database["NAME"]), "all that users entered is lost", "DATABASE_URL"
    if settings.STORAGES["default"]["BACKEND"].endswith("FileSystemStorage"):
        yield 2, "The folder of uploads", Path(settings.MEDIA_ROOT), "they are lost", "AWS_STORAGE_BUCKET_NAME"


def losing_host(path: Path, environ: Mapping[str, str]) -> str:
    """The name of the host that will not keep ``path``; empty where it stays, or where nobody knows."""
    for variable, host in EPHEMERAL.items():
        if environ.get(variable):
            return host if host == "Heroku" or not on_mounted_disk(path) else ""
    return ""


def on_mounted_disk(path: Path) -> bool:
    """Whether a disk other than the root one holds the path."""
    return any(folder != Path(folder.anchor) and folder.is_mount() for folder in (path, *path.absolute().parents))
