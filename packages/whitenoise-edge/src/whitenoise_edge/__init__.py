"""Faster static files for Django sites that use WhiteNoise.

`storage` and the `collectstatic` command process only the files that have changed. `wsgi` answers requests for hashed
files before they reach Django. Each part works without the other. See the README for the lines to add to a project.
"""
