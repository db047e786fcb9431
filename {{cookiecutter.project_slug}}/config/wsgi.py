"""The entry point of WSGI servers: gunicorn and `runserver`."""

import os

from whitenoise_edge.wsgi import get_wsgi_application

from config.environment import require_environment

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

require_environment()
application = get_wsgi_application()
