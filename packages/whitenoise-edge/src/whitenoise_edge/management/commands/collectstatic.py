"""`collectstatic` that skips files which have not changed. With any other storage it is Django's own command."""

from __future__ import annotations

import os
from collections.abc import Hashable
from typing import Any

from django.contrib.staticfiles.management.commands.collectstatic import Command as CollectStatic
from django.core.files.storage import Storage

from ...collecting.incremental import IncrementalStorage, rebuilding_manifest
from ...collecting.interfaces import command_changes
from ...collecting.lock import locked


class IncrementalCommand(CollectStatic):
    """Ask an incremental storage which files need no copy, and let runs on the same folder wait for each other."""

    _incremental = False

    def handle(self, **options: Any) -> str | None:
        if options["dry_run"] or not options["post_process"]:
            return super().handle(**options)  # no new manifest will be written
        with rebuilding_manifest(self.stdout.write):
            return super().handle(**options)

    def collect(self) -> dict[str, list[str]]:
        if not isinstance(self.storage, IncrementalStorage) or self.dry_run:
            return super().collect()
        root = os.fspath(self.storage.location)
        if not os.path.isdir(root):
            os.makedirs(root, exist_ok=True)
            if self.storage.directory_permissions_mode is not None:
                os.chmod(root, self.storage.directory_permissions_mode)
        with locked(root, lambda: self.log("Waiting for another collectstatic to finish...", level=1)):
            self._incremental = self.post_process and not self.symlink
            if self._incremental:
                self.storage.begin()
                # Django searches these lists for every file, which takes long when they are long.
                self.copied_files, self.symlinked_files, self.unmodified_files = _Names(), _Names(), _Names()
            return super().collect()

    def copy_file(self, path: str, prefixed_path: str, source_storage: Storage) -> None:
        if self._incremental and self.storage.is_collected(prefixed_path, source_storage, path):
            self.unmodified_files.append(prefixed_path)
            self.log(f"Skipping '{path}' (not modified)")
        elif self._incremental and self.storage.keep_only_hashed_files:
            # The storage reads the source itself. WhiteNoise would delete a copy without a hash in the end.
            self.log(f"Copying '{source_storage.path(path)}'")
            self.copied_files.append(prefixed_path)
        else:
            super().copy_file(path, prefixed_path, source_storage)


class _Names(list[str]):
    """A list with an additional set, so that `in` takes the same time however long the list is."""

    def __init__(self) -> None:
        super().__init__()
        self._set: set[Hashable] = set()

    def append(self, name: str) -> None:
        self._set.add(name)
        super().append(name)

    def __contains__(self, name: object) -> bool:
        return name in self._set


Command: type[CollectStatic] = CollectStatic if command_changes() else IncrementalCommand
