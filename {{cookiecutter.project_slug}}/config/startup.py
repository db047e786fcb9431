"""What a production server cannot start without."""

from config import environment, settings


def require_environment() -> None:
    """Stop with one message that names every missing variable.

    Called by the WSGI and ASGI entry points only: `collectstatic`, `check`, `makemigrations` and an image build need
    none of these variables. A malformed one stops them all, when the settings are read.

    Raises:
        SystemExit: with the message, so that no traceback hides it.
    """
    # Django's own object refuses an empty key: hence the module.
    missing = [name for name in environment.REQUIRED if not getattr(settings, name)]
    if missing and not settings.DEBUG:
        raise SystemExit(environment.message({}, missing))
