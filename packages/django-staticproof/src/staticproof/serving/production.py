"""The site's settings as a production server would have them: the settings module of a rehearsal, and of nothing else.

It takes over every setting of the site's own module, then replaces what a rehearsal must not touch (the database of an
SQLite site, mail to the administrators) and what it may find differently on a developer's machine (`DEBUG`). Because it
is a settings module, a real gunicorn sees the same as the in-process run. `rehearsal.py` sets the environment variable.
"""

import json
import os
from importlib import import_module
from pathlib import Path
from typing import Any

from ..rehearsal import VARIABLE

_rehearsal: dict[str, str] = json.loads(os.environ[VARIABLE])
_site = import_module(_rehearsal["settings"])
globals().update({name: getattr(_site, name) for name in dir(_site) if name.isupper()})

BASE_DIR: Any = getattr(_site, "BASE_DIR", Path(_rehearsal["base_dir"]))
DEBUG = False
# The proof asks for pages as https://localhost/, whatever names the site answers to.
ALLOWED_HOSTS: list[str] = [*getattr(_site, "ALLOWED_HOSTS", []), ".localhost"]
# A page that fails in the proof is a finding on the terminal, not a mail to the administrators.
ADMINS: list[str] = []
MANAGERS: list[str] = []

# The site's own URLs, and pages that fail on purpose: the error pages are asked for through the whole stack.
SITE_URLCONF: str = getattr(_site, "ROOT_URLCONF", "")
ROOT_URLCONF = "staticproof.serving.provoked_urls"

# An SQLite file is swapped for an empty one; any other database is used as it is, for reading pages only.
DATABASES: dict[str, dict[str, Any]] = {
    alias: {**database, "NAME": Path(_rehearsal["folder"]) / f"{alias}.sqlite3"}
    if database.get("ENGINE", "").endswith(("sqlite3", "spatialite"))
    else database
    for alias, database in getattr(_site, "DATABASES", {}).items()
}

if _rehearsal.get("static_root"):
    STATIC_ROOT = _rehearsal["static_root"]
