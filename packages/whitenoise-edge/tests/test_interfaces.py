"""The undocumented methods that the storage overrides: they are as expected, and without them it is WhiteNoise's."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from django.contrib.staticfiles.management.commands.collectstatic import Command
from whitenoise.compress import Compressor
from whitenoise.storage import CompressedManifestStaticFilesStorage as WhiteNoiseStorage

from whitenoise_edge.collecting import interfaces
from whitenoise_edge.collecting.compression import RememberingCompressor
from whitenoise_edge.collecting.incremental import IncrementalStorage
from whitenoise_edge.management.commands.collectstatic import IncrementalCommand

from .collector import FILES, Collector, tree
from .servers import variables


def test_this_version_of_django_and_whitenoise_has_all_methods() -> None:
    assert interfaces.storage_changes() == []
    assert interfaces.command_changes() == []


@pytest.mark.parametrize(
    ("ours", "theirs", "checked"),
    [
        (IncrementalStorage, WhiteNoiseStorage, interfaces.STORAGE),
        (RememberingCompressor, Compressor, interfaces.COMPRESSOR),
        (IncrementalCommand, Command, interfaces.COMMAND),
    ],
)
def test_every_method_that_is_overridden_is_checked(ours: type, theirs: type, checked: dict[str, object]) -> None:
    overridden = {name for name in vars(ours) if callable(getattr(theirs, name, None)) and not name.startswith("__")}
    assert overridden
    assert overridden <= checked.keys()


class Parent:
    def same(self, name: str, content: bytes, more: int = 1, *, most: int = 2) -> None: ...

    def less(self, name: str) -> None: ...

    def other(self, content: bytes, name: str) -> None: ...

    def needs_more(self, name: str, content: bytes, more: int) -> None: ...

    def needs_a_keyword(self, name: str, content: bytes, *, more: int) -> None: ...

    def any_arguments(self, *args: object) -> None: ...

    not_a_method = 1


class Child(Parent):
    def same(self, *args: object, **kwargs: object) -> None: ...


def test_a_method_has_to_take_the_same_arguments() -> None:
    expected = ("name", "content")
    names = [name for name in vars(Parent) if not name.startswith("__")]
    wrong = ["less", "other", "needs_more", "needs_a_keyword", "any_arguments", "not_a_method", "absent"]
    found = list(interfaces.changes(Child, dict.fromkeys([*names, "absent"], expected)))
    assert found == [f"Child.{name}" for name in wrong]


# Each one changes what the incremental storage needs, and leaves Django and WhiteNoise working.
CHANGES = {
    "a method with other parameters": """
from django.contrib.staticfiles.storage import HashedFilesMixin
original = HashedFilesMixin._post_process
HashedFilesMixin._post_process = lambda self, *everything: original(self, *everything)
""",
    "a method of another name": """
from django.contrib.staticfiles.storage import HashedFilesMixin
def _stored_name(self, name, hashed_files, method=HashedFilesMixin.hashed_name):
    return hashed_files.get(name) or self.clean_name(method(self, name))
HashedFilesMixin._stored_name = _stored_name
from whitenoise.storage import CompressedManifestStaticFilesStorage as Storage
Storage.compress_all, Storage.post_process_with_compression = Storage.compress_files, None
def post_process_with_compression(self, files):
    done = {name: hashed for name, hashed, processed in files}
    yield from ((name, hashed, True) for name, hashed in done.items())
    self.delete_files(done.keys())
    for name, compressed in self.compress_all(done.values()):
        yield name, compressed, True
Storage.post_process_with_compression = post_process_with_compression
del Storage.compress_files
""",
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_without_a_method_the_storage_is_that_of_whitenoise(tmp_path: Path, change: str) -> None:
    collector = Collector(tmp_path)
    for name, text in FILES.items():
        collector.write(name, text)
    collector.both()
    root = tmp_path / "other"
    code = f"{change}\nfrom django.core.management import execute_from_command_line\n"
    code += "execute_from_command_line(['', 'collectstatic', '--no-input'])"
    environment = variables(SITE_SOURCE=str(collector.source), SITE_STATIC_ROOT=str(root))
    for copied in (len(FILES), 0):
        done = subprocess.run(
            [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        assert done.stderr.count("the storage of static files is WhiteNoise's own") == 1
        assert f"{copied} static files copied" in done.stdout or copied == 0
        assert tree(root) == tree(collector.theirs)


def test_without_a_method_the_command_is_that_of_django(tmp_path: Path) -> None:
    code = """
from django.contrib.staticfiles.management.commands.collectstatic import Command
original = Command.copy_file
Command.copy_file = lambda self, path, storage: original(self, path, path, storage)
from whitenoise_edge.management.commands.collectstatic import Command as Ours
assert Ours is Command
"""
    subprocess.run([sys.executable, "-c", code], env=variables(), check=True)
