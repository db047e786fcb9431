"""The entry point of ASGI servers."""

import os

from django.core.asgi import get_asgi_application

from config.environment import require_environment

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

require_environment()
application = get_asgi_application()
