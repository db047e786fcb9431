"""Static files in production: answered by the WSGI application before Django is entered, with Django's own headers.

`middleware` says which files exist (WhiteNoise's scan), `static_file` what is answered for one of them, by the rules in
`rfc9110`, and `application` answers it. Who prefers WhiteNoise alone deletes this folder, names
`whitenoise.middleware.WhiteNoiseMiddleware` in MIDDLEWARE and takes `edge(...)` out of `config/wsgi.py`.
"""
