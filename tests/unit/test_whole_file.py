"""A file is there whole or not at all, as it was where it cannot be written, and readable by whom it was to be."""

from __future__ import annotations

import os
import resource
import signal
import stat
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cpal.errors import Conflict, Disk
from cpal.whole_file import write_new, write_private, write_whole

FORMER, CONTENT = b"what was there", b"what is to be there"
Write = Callable[[Path, bytes, str], None]
OVER = pytest.mark.parametrize("write", [write_whole, write_private], ids=lambda each: each.__name__)


@pytest.fixture(autouse=True)
def open_to_all() -> Iterator[None]:
    """A umask that keeps nothing from anyone."""
    former = os.umask(0)
    yield
    os.umask(former)


@pytest.fixture
def no_room() -> Iterator[None]:
    """No file can be longer than eight bytes. Source: setrlimit(2), RLIMIT_FSIZE; Python ignores SIGXFSZ."""
    assert signal.getsignal(signal.SIGXFSZ) == signal.SIG_IGN
    former = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8, former[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, former)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@OVER
def test_what_is_written_takes_the_place_of_what_was_there(write: Write, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(FORMER)
    with path.open("rb") as reading:
        write(path, CONTENT, "it")
        assert reading.read() == FORMER  # who reads meanwhile reads the former file to its end
    assert path.read_bytes() == CONTENT
    assert list(tmp_path.iterdir()) == [path]


@OVER
def test_what_has_no_room_leaves_what_was_there_and_nothing_beside(write: Write, tmp_path: Path, no_room: None) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"former")
    with pytest.raises(Disk, match="it cannot be written: File too large; free space") as caught:
        write(path, CONTENT, "it")
    assert caught.value.key == str(path)
    assert {each: each.read_bytes() for each in tmp_path.iterdir()} == {path: b"former"}


def test_what_is_new_and_has_no_room_is_not_there(tmp_path: Path, no_room: None) -> None:
    with pytest.raises(Disk):
        write_new(tmp_path / "file", CONTENT, "it")
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_is_not_new(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_new(path, FORMER, "it")
    with pytest.raises(Conflict, match="is there already"):
        write_new(path, CONTENT, "it")
    assert {each: each.read_bytes() for each in tmp_path.iterdir()} == {path: FORMER}


def test_what_is_private_is_nobody_else_s_with_its_new_directories(tmp_path: Path) -> None:
    path = tmp_path / "one" / "file"
    write_private(path, CONTENT, "it")
    path.chmod(0o644)
    write_private(path, CONTENT, "it")
    assert (mode(path), mode(path.parent)) == (0o600, 0o700)


def test_a_file_keeps_its_permissions_unless_others_are_named(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_whole(path, FORMER, "it")
    assert mode(path) == 0o666
    path.chmod(0o640)
    write_whole(path, CONTENT, "it")
    assert mode(path) == 0o640
    write_whole(path, CONTENT, "it", 0o604)
    assert mode(path) == 0o604


def test_a_link_stays_and_what_it_leads_to_is_written(tmp_path: Path) -> None:
    link, path = tmp_path / "link", tmp_path / "file"
    path.write_bytes(FORMER)
    link.symlink_to(path)
    write_whole(link, CONTENT, "it")
    assert (link.is_symlink(), path.read_bytes()) == (True, CONTENT)


def test_a_pipe_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append(pipe.read_bytes()))
    reader.start()
    write_whole(pipe, CONTENT, "it")
    reader.join()
    assert (got, pipe.is_fifo()) == ([CONTENT], True)


@OVER
def test_a_directory_that_cannot_be_is_said(write: Write, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(FORMER)
    with pytest.raises(Disk, match=r"it cannot be written: (Not a directory|File exists); "):
        write(tmp_path / "file" / "below", CONTENT, "it")
