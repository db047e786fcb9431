"""Files that are checked while they are opened, read and closed."""

import os
from pathlib import Path

import pytest

from whitenoise_edge.static_file import ChangedFileError, CheckedFile, FilePart


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_bytes(b"0123456789")
    return path


@pytest.mark.parametrize("size", [9, 11])
def test_a_file_of_another_size_is_not_opened(path: Path, size: int) -> None:
    with pytest.raises(ChangedFileError):
        CheckedFile(str(path), size)


def test_a_truncated_file_raises_when_it_is_closed(path: Path) -> None:
    file = CheckedFile(str(path), 10)
    os.truncate(path, 5)
    assert file.read() == b"01234"
    with pytest.raises(ChangedFileError):
        file.close()
    assert file.closed
    file.close()


@pytest.mark.parametrize("sent", ["read", "sendfile"])
def test_a_file_truncated_after_it_was_sent_does_no_harm(path: Path, sent: str) -> None:
    file = CheckedFile(str(path), 10)
    if sent == "read":
        file.read()
    else:  # socket.sendfile() seeks to the end of what it has sent, and gunicorn then sets the descriptor back
        file.seek(10)
        os.lseek(file.fileno(), 0, os.SEEK_SET)
    os.truncate(path, 5)
    file.close()


def test_a_part_ends_where_it_should(path: Path) -> None:
    part = FilePart(CheckedFile(str(path), 10), 2, 7)
    assert [part.read(3), part.read(3), part.read(3)] == [b"234", b"56", b""]
    part.close()


def test_a_part_of_a_truncated_file_raises(path: Path) -> None:
    part = FilePart(CheckedFile(str(path), 10), 2, 7)
    os.truncate(path, 5)
    assert part.read(5) == b"234"
    with pytest.raises(ChangedFileError):
        part.read(5)
    with pytest.raises(ChangedFileError):
        part.close()
