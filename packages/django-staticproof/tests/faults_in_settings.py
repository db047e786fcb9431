"""The faults of the settings, rows L4, L5, L9 and S1 to S3, one by one."""

from .planted import Change, in_settings, setting

FAULTS = (
    in_settings(
        "L4",
        "inside",
        "E064",
        24,
        setting('STATIC_ROOT = BASE_DIR / "static" / "collected"', 'STATIC_ROOT = BASE_DIR / "staticfiles"'),
    ),
    in_settings(
        "L4",
        "around",
        "E064",
        24,
        setting('STATIC_ROOT = BASE_DIR / "all"', 'STATIC_ROOT = BASE_DIR / "staticfiles"'),
        setting('[BASE_DIR / "static", BASE_DIR / "all/in"]', '[BASE_DIR / "static"]'),
        Change("all/in/a.txt", "x"),
    ),
    in_settings(
        "L5", "missing", "E065", 25, setting('[BASE_DIR / "static", BASE_DIR / "assets"]', '[BASE_DIR / "static"]')
    ),
    in_settings(
        "L9",
        "folders",
        "E069",
        32,
        setting('MEDIA_ROOT = BASE_DIR / "staticfiles" / "media"', 'MEDIA_ROOT = BASE_DIR / "media"'),
    ),
    in_settings(
        "L9",
        "in a source",
        "E069",
        32,
        setting('MEDIA_ROOT = BASE_DIR / "static" / "media"', 'MEDIA_ROOT = BASE_DIR / "media"'),
    ),
    in_settings(
        "S1",
        "missing",
        "E081",
        9,
        setting("", '    "whitenoise.middleware.WhiteNoiseMiddleware",\n'),
        hint="SecurityMiddleware",
    ),
    in_settings(
        "S1",
        "order",
        "W081",
        9,
        setting(
            '    "django.middleware.common.CommonMiddleware",\n    "whitenoise.middleware.WhiteNoiseMiddleware",\n',
            '    "whitenoise.middleware.WhiteNoiseMiddleware",\n',
        ),
    ),
    in_settings(
        "S2",
        "dead",
        "E082",
        35,
        setting(
            'MEDIA_ROOT = BASE_DIR / "media"\nSECURE_PROXY_SSL_HEADER = None\n\nSTATICFILES_STORAGE = "x"\n',
            'MEDIA_ROOT = BASE_DIR / "media"\n',
        ),
    ),
    in_settings(
        "S2",
        "key",
        "E082",
        26,
        setting("", '    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},\n'),
    ),
    in_settings(
        "S2",
        "plain",
        "W082",
        26,
        setting(
            '"django.contrib.staticfiles.storage.StaticFilesStorage"',
            '"whitenoise.storage.CompressedManifestStaticFilesStorage"',
        ),
        setting("DEBUG = False", 'DEBUG = os.environ.get("DEBUG", "True") == "True"'),
    ),
    in_settings("S3", "unset", "E083", None, setting("", 'STATIC_ROOT = BASE_DIR / "staticfiles"\n')),
    in_settings(
        "L9",
        "URLs",
        "E069",
        31,
        setting('MEDIA_URL = "/static/media/"', 'MEDIA_URL = "/media/"'),
        setting("DEBUG = False", 'DEBUG = os.environ.get("DEBUG", "True") == "True"'),
    ),
    in_settings(
        "S2",
        "not importable",
        "E082",
        26,
        setting("nowhere.Storage", "whitenoise.storage.CompressedManifestStaticFilesStorage"),
    ),
    in_settings("S3", "slash", "E083", 23, setting('STATIC_URL = "/static"', 'STATIC_URL = "/static/"')),
    in_settings("S3", "no URL", "E083", None, setting("", 'STATIC_URL = "/static/"\n')),
)
