"""The undocumented methods of Django and WhiteNoise that the incremental storage overrides or calls.

Django's staticfiles have no documented way to skip files that have not changed. So the storage and the command override
these methods, after a check that each one exists and takes the parameters that it takes today. Where one does not, the
storage is WhiteNoise's own and the command is Django's own.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping

from whitenoise.compress import Compressor
from whitenoise.storage import CompressedManifestStaticFilesStorage

Parameters = tuple[str, ...]
NAMED = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)

STORAGE: Mapping[str, Parameters] = {
    "_post_process": ("paths", "adjustable_paths", "hashed_files"),
    "_save": ("name", "content"),
    "clean_name": ("name",),
    "compress_files": ("*",),  # WhiteNoise has renamed the parameter
    "create_compressor": (),
    "delete_files": ("files_to_delete",),
    "hash_key": ("name",),
    "hashed_name": ("name", "content", "filename"),
    "load_manifest": (),
    "post_process": ("paths", "dry_run"),
    "save_manifest": (),
    "url": ("name", "force"),
    "url_converter": ("name", "hashed_files"),
}
COMPRESSOR: Mapping[str, Parameters] = {
    "compress": ("path",),
    "compress_brotli": ("data",),
    "compress_gzip": ("data",),
    "should_compress": ("filename",),
    "write_data": ("path", "data", "suffix", "stat_result"),
}
COMMAND: Mapping[str, Parameters] = {
    "collect": (),
    "copy_file": ("path", "prefixed_path", "source_storage"),
    "handle": (),
    "log": ("msg", "level"),
    "set_options": (),
}


def storage_changes() -> list[str]:
    """Return the methods of the storage and the compressor that are not as expected, for a message."""
    return [*changes(CompressedManifestStaticFilesStorage, STORAGE), *changes(Compressor, COMPRESSOR)]


def command_changes() -> list[str]:
    """Return the methods of Django's `collectstatic` that are not as expected, for a message."""
    from django.contrib.staticfiles.management.commands.collectstatic import Command  # a server needs no commands

    return list(changes(Command, COMMAND))


def changes(cls: type, expected: Mapping[str, Parameters]) -> Iterable[str]:
    """Yield the names of the methods that ``cls`` lacks, or that do not begin with the expected parameters."""
    for name, parameters in expected.items():
        if not _takes(cls, name, parameters):
            yield f"{cls.__name__}.{name}"


def _takes(cls: type, name: str, expected: Parameters) -> bool:
    for parent in cls.__mro__:
        if name not in vars(parent):
            continue
        try:
            parameters = inspect.signature(getattr(parent, name)).parameters.values()
        except (TypeError, ValueError):
            return False
        named = [parameter for parameter in parameters if parameter.kind in NAMED and parameter.name != "self"]
        if not named and any(parameter.kind is parameter.VAR_POSITIONAL for parameter in parameters):
            continue  # this method only passes its arguments on: look at the method that gets them
        found = [parameter.name for parameter in named]
        matches = all(wanted in (got, "*") for wanted, got in zip(expected, found, strict=False))
        optional = all(parameter.default is not parameter.empty for parameter in named[len(expected) :])
        return matches and optional and len(found) >= len(expected)
    return False
