"""The usual layout: a site with the settings and pages that cookiecutter-django generates by default.

It follows the version of 19 August 2026 (commit 2d3b880), with WhiteNoise and without a cloud provider: the same
apps, middleware, context processors, settings and user model, and pages with the same tags, links and forms. Its
database is SQLite instead of PostgreSQL. https://github.com/cookiecutter/cookiecutter-django
"""
