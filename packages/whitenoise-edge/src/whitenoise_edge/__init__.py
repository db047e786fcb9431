"""Static files in production: answered by the WSGI application before Django is entered, with Django's own headers.

`middleware` says which files exist (WhiteNoise's scan), `static_file` what is answered for one of them, by the rules in
`rfc9110`, and `application` answers it; `worker` does so in gunicorn's loop, which is quicker still. Who prefers
WhiteNoise alone deletes this folder, names `whitenoise.middleware.WhiteNoiseMiddleware` in MIDDLEWARE, takes
`Edge(...)` out of `config/wsgi.py` and names `config.worker.Worker` in `gunicorn.conf.py`.
"""
