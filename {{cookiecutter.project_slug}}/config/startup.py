"""What a production server cannot start without."""

from config import settings

REQUIRED = {
    "SECRET_KEY": (
        "signs sessions and tokens; keep it secret and the same on every machine",
        "the output of: python -c 'import secrets; print(secrets.token_urlsafe(50))'",
    ),
    "ALLOWED_HOSTS": (
        "the host names that the site answers to, separated by commas",
        "www.example.com,.herokuapp.com",
    ),
}


def require_environment() -> None:
    """Stop with one message that names every missing variable.

    Called by the WSGI and ASGI entry points only: `collectstatic`, `check`, `makemigrations` and an image build need
    none of these variables.

    Raises:
        SystemExit: with the message, so that no traceback hides it.
    """
    missing = [name for name in REQUIRED if not getattr(settings, name)]  # Django's own object refuses an empty key
    if settings.DEBUG or not missing:
        return
    lines = ["The site cannot start: DEBUG is off and the environment lacks", ""]
    for name in missing:
        purpose, example = REQUIRED[name]
        lines += [f"  {name}", f"      {purpose}", f"      for example: {example}"]
    lines += ["", "For development, copy .env.example to .env. The README lists every variable."]
    raise SystemExit("\n".join(lines))
