"""Corpora come from a local copy where there is one, whole and with the right checksum."""

import gzip
import hashlib

import pytest
import srsly
from fetch import FetchError, fetch, read_assets

CONTENT = "Anna\tB-PER\n".encode()
NOWHERE = "http://127.0.0.1:9/data.txt"


@pytest.fixture
def local(tmp_path):
    folder = tmp_path / "local" / "ner"
    folder.mkdir(parents=True)
    with gzip.open(folder / "data.txt.gz", "wb") as file:
        file.write(CONTENT)
    return folder.parent


def asset(**more):
    return {"dest": "assets/ner/data.txt", "url": NOWHERE, **more}


def test_local_copy_is_unpacked(tmp_path, local):
    checksum = hashlib.md5(CONTENT).hexdigest()
    assert fetch(asset(checksum=checksum), tmp_path, local).endswith("data.txt.gz")
    assert (tmp_path / "assets/ner/data.txt").read_bytes() == CONTENT
    assert fetch(asset(checksum=checksum), tmp_path, local) == "already there"


def test_wrong_checksum_leaves_nothing(tmp_path, local):
    with pytest.raises(FetchError, match="assets/ner/data.txt.*MD5"):
        fetch(asset(checksum="0" * 32), tmp_path, local)
    assert not list((tmp_path / "assets").rglob("*.*"))


def test_download_from_an_address(tmp_path):
    source = tmp_path / "elsewhere.txt"
    source.write_bytes(CONTENT)
    fetch(asset(url=source.as_uri()), tmp_path, None)
    assert (tmp_path / "assets/ner/data.txt").read_bytes() == CONTENT


def test_no_copy_and_no_connection_says_so(tmp_path, local):
    (local / "ner" / "data.txt.gz").unlink()
    with pytest.raises(FetchError, match=r"127\.0\.0\.1.*put the file at"):
        fetch(asset(), tmp_path, local)
    assert not list((tmp_path / "assets").rglob("*.*"))


def test_broken_copy_leaves_nothing(tmp_path, local):
    packed = local / "ner" / "data.txt.gz"
    packed.write_bytes(packed.read_bytes()[:-6])
    with pytest.raises(FetchError, match="cannot read"):
        fetch(asset(), tmp_path, local)
    assert not list((tmp_path / "assets").rglob("*.*"))


def test_unknown_kind_names_those_there_are(tmp_path):
    path = tmp_path / "project.yml"
    srsly.write_yaml(path, {"assets": [asset()]})
    assert read_assets(path, "ner") == [asset()]
    with pytest.raises(FetchError, match="use ner"):
        read_assets(path, "qa")
