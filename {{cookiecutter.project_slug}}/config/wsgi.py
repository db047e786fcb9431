"""The entry point of gunicorn and of `runserver`."""

import os

from django.core.wsgi import get_wsgi_application

from config.startup import require_environment
from edge.application import Edge

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

require_environment()
application = Edge(get_wsgi_application())  # static files are answered before Django is entered
