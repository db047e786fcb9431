"""The WSGI application of the tiny site."""

from whitenoise_edge.wsgi import get_wsgi_application

application = get_wsgi_application()
