"""The settings of a rehearsal: the site's settings with `DEBUG` off and without access to real data and services.

This is a settings module, so that all code reads the same settings. `rehearsal.py` sets the environment variable with
its parameters.
"""

import json
import os
from pathlib import Path
from typing import Any

from ..rehearsal import VARIABLE
from . import isolation, site_settings

_rehearsal: dict[str, Any] = json.loads(os.environ[VARIABLE])
isolation.connections.install()
site_settings.run_manage(Path(_rehearsal["base_dir"]))
_site, FAILURE = site_settings.load(_rehearsal["settings"], Path(_rehearsal["base_dir"]))
globals().update(
    isolation.isolated(
        _site, Path(_rehearsal["folder"]), _rehearsal["token"], with_data=_rehearsal["request"]["with_data"]
    )
)
isolation.connections.allow(_site.get("DATABASES", {}))

BASE_DIR: Any = _site.get("BASE_DIR", Path(_rehearsal["base_dir"]))
# Whether the settings set DEBUG themselves. FAILURE is the error of loading them with the variable DEBUG off.
SETS_DEBUG = bool(_site.get("DEBUG")) and not FAILURE
# The site's own values. The rules of the static analysis check these.
STATICPROOF_SITE_STORAGES: Any = _site.get("STORAGES")
SITE_STATIC_ROOT: Any = _site.get("STATIC_ROOT")
SITE_VALUES: dict[str, Any] = {
    "SETTINGS_MODULE": _rehearsal["settings"],
    "STATIC_ROOT": SITE_STATIC_ROOT,
    "MEDIA_ROOT": _site.get("MEDIA_ROOT", ""),
}
# The site's own URLs, and pages that fail on purpose. They provoke the error pages through all middleware.
SITE_URLCONF: str = _site.get("ROOT_URLCONF", "")
ROOT_URLCONF = "staticproof.serving.provoked_urls"
