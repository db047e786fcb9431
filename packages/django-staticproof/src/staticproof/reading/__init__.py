"""The static analysis: read templates, stylesheets, scripts, Python and settings without running the site."""
