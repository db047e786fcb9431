"""Reading: what can be known from templates, stylesheets, scripts, Python and settings, without running the site."""
