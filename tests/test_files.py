import bz2
import gzip
import lzma
import os

import pytest

from spacy_mluke.files import atomic_path, find_files, open_text

TEXT = "Zürich\nසිංහල\n"


@pytest.mark.parametrize(
    "suffix,compress",
    [(".txt", bytes), (".gz", gzip.compress), (".bz2", bz2.compress), (".xz", lzma.compress)],
)
def test_open_text(tmp_path, suffix, compress):
    path = tmp_path / f"a{suffix}"
    path.write_bytes(compress(b"\xef\xbb\xbf" + TEXT.encode("utf8")))
    with open_text(path) as file:
        assert file.read() == TEXT


def test_not_utf8(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes("Zürich".encode("latin-1"))
    with pytest.raises(ValueError, match=r"M521.*a\.txt"), open_text(path) as file:
        file.read()


@pytest.mark.parametrize("suffix,compress", [(".gz", gzip.compress), (".xz", lzma.compress)])
def test_truncated(tmp_path, suffix, compress):
    path = tmp_path / f"a{suffix}"
    path.write_bytes(compress(TEXT.encode("utf8") * 99)[:-12])
    with pytest.raises(ValueError, match=r"M522.*a\."), open_text(path) as file:
        file.read()


def test_atomic_path_replaces(tmp_path):
    path = tmp_path / "new" / "a.txt"
    with atomic_path(path) as temporary:
        temporary.write_text("a")
        assert not path.exists()
    with atomic_path(path) as temporary:
        temporary.write_text("b")
        assert path.read_text() == "a"
    assert path.read_text() == "b"
    assert os.listdir(path.parent) == ["a.txt"]


def test_atomic_path_leaves_nothing_after_an_error(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("a")
    with pytest.raises(RuntimeError), atomic_path(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert path.read_text() == "a"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_permissions_are_those_of_any_file(tmp_path):
    with atomic_path(tmp_path / "a.txt") as temporary:
        temporary.write_text("a")
    (tmp_path / "b.txt").write_text("b")
    assert (tmp_path / "a.txt").stat().st_mode == (tmp_path / "b.txt").stat().st_mode


def test_find_files(tmp_path):
    for name in ("b/2.jsonl", "a/1.jsonl", "a/1.txt", "a/.hidden.jsonl"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    found = find_files(tmp_path, (".jsonl",))
    assert [path.relative_to(tmp_path).as_posix() for path in found] == ["a/1.jsonl", "b/2.jsonl"]
    assert find_files(tmp_path / "a" / "1.txt", (".jsonl",)) == [tmp_path / "a" / "1.txt"]
    with pytest.raises(ValueError, match="M524.*spacy"):
        find_files(tmp_path, (".spacy",))
    with pytest.raises(ValueError, match="M523.*nowhere"):
        find_files(tmp_path / "nowhere", (".spacy",))
