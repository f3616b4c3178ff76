import numpy as np
import pytest

from spacy_mluke.pretraining.instances import Instance
from spacy_mluke.pretraining.shards import Shard, find_shards, write_shard
from spacy_mluke.text.arrays import as_spans, ints

RANDOM = np.random.default_rng(0)


def _instances(number=50):
    for _ in range(number):
        n, m = RANDOM.integers(3, 20), RANDOM.integers(0, 4)
        starts = np.sort(RANDOM.integers(0, n - 1, m))
        yield Instance(
            ints(RANDOM.integers(0, 60000, n)),
            ints(RANDOM.integers(0, 1_000_000, m)),
            as_spans(np.stack([starts, starts + 1], axis=1)),
        )


def _write(folder, instances, vocab_size=60000):
    with write_shard(
        folder, vocab_size=vocab_size, describe=lambda: {"language": "de"}
    ) as writer:
        for instance in instances:
            writer.add(instance)


@pytest.mark.parametrize("vocab_size,dtype", [(60000, "uint16"), (250004, "int32")])
def test_round_trip(tmp_path, vocab_size, dtype):
    instances = list(_instances())
    _write(tmp_path / "de", instances, vocab_size)
    shard = Shard(tmp_path / "de", verify=True)
    assert len(shard) == 50 and shard.language == "de" and shard.pieces.dtype == dtype
    for index, expected in enumerate(instances):
        found = shard[index]
        assert found.pieces.tolist() == expected.pieces.tolist()
        assert found.entities.tolist() == expected.entities.tolist()
        assert found.ranges.tolist() == expected.ranges.tolist()
    assert shard.lengths().tolist() == [len(instance.pieces) for instance in instances]
    assert shard.entity_counts().tolist() == [len(instance.entities) for instance in instances]


def test_gather(tmp_path):
    instances = list(_instances())
    _write(tmp_path / "de", instances)
    pieces, lengths, entities, _, counts = Shard(tmp_path / "de").gather(np.array([7, 0, 7]))
    chosen = [instances[7], instances[0], instances[7]]
    assert pieces.tolist() == np.concatenate([i.pieces for i in chosen]).tolist()
    assert lengths.tolist() == [len(i.pieces) for i in chosen]
    assert entities.tolist() == np.concatenate([i.entities for i in chosen]).tolist()
    assert counts.tolist() == [len(i.entities) for i in chosen]


def test_empty(tmp_path):
    _write(tmp_path / "de", [])
    assert len(Shard(tmp_path / "de")) == 0


def test_written_whole(tmp_path):
    def broken():
        yield from _instances(3)
        raise OSError("No space left on device")

    _write(tmp_path / "de", _instances(2))
    with pytest.raises(OSError, match="No space"):
        _write(tmp_path / "de", broken())
    assert len(Shard(tmp_path / "de", verify=True)) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["de"]


def test_damage(tmp_path):
    _write(tmp_path / "de", _instances())
    path = tmp_path / "de" / "pieces.bin"
    content = path.read_bytes()
    path.write_bytes(bytes([content[0] ^ 1]) + content[1:])
    assert len(Shard(tmp_path / "de")) == 50
    with pytest.raises(ValueError, match=r"M812.*pieces\.bin"):
        Shard(tmp_path / "de", verify=True)
    path.write_bytes(content[:-1])
    with pytest.raises(ValueError, match=r"M812.*pieces\.bin"):
        Shard(tmp_path / "de")


def test_find(tmp_path):
    with pytest.raises(ValueError, match="M732"):
        find_shards(tmp_path)
    _write(tmp_path / "b" / "de", _instances(1))
    _write(tmp_path / "a", _instances(1))
    assert [path.name for path in find_shards(tmp_path)] == ["a", "de"]
    with pytest.raises(ValueError, match="M811"):
        Shard(tmp_path / "b")
