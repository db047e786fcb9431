"""`collectstatic`, which asks the storage what it need not copy. With any other storage it is Django's own."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from django.contrib.staticfiles.management.commands.collectstatic import Command as CollectStatic
from django.core.files.storage import Storage

from ...storage import IncrementalStaticFilesStorage


class Command(CollectStatic):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Django asks these lists about every file, which is slow when they are long.
        self.copied_files = _Names()
        self.symlinked_files = _Names()
        self.unmodified_files = _Names()

    def collect(self) -> dict[str, list[str]]:
        self._incremental = self.post_process and not self.dry_run and not self.symlink
        self._incremental &= isinstance(self.storage, IncrementalStaticFilesStorage)
        if isinstance(self.storage, IncrementalStaticFilesStorage):
            self.storage.begin()
        return super().collect()

    def copy_file(self, path: str, prefixed_path: str, source_storage: Storage) -> None:
        if self._incremental and self.storage.is_collected(prefixed_path, source_storage, path):
            self.unmodified_files.append(prefixed_path)
            self.log(f"Skipping '{path}' (not modified)")
        elif self._incremental and self.storage.keep_only_hashed_files:
            # The storage reads the source itself; a copy under the plain name would be removed in the end.
            self.log(f"Copying '{source_storage.path(path)}'")
            self.copied_files.append(prefixed_path)
        else:
            super().copy_file(path, prefixed_path, source_storage)


class _Names(list[str]):
    """A list that knows at once what it holds."""

    def __init__(self) -> None:
        super().__init__()
        self._held: set[Hashable] = set()

    def append(self, name: str) -> None:
        self._held.add(name)
        super().append(name)

    def __contains__(self, name: object) -> bool:
        return name in self._held
