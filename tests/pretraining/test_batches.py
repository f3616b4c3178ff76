import numpy as np
import pytest
import torch

from spacy_mluke.pretraining.batches import CandidateSampler, Masker, gather_inputs
from spacy_mluke.pretraining.masking import MaskingSettings
from spacy_mluke.pretraining.shards import Shard
from spacy_mluke.text.pieces import PieceEncoder
from tests.pretraining.corpus import make_dataset


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dataset")
    make_dataset(folder)
    pieces = PieceEncoder.from_file(folder / "sentencepiece.bpe.model")
    return [Shard(folder / "train" / lang) for lang in ("de", "ja")], pieces


INSTANCES = np.array([[1, 3], [0, 2], [1, 0]])


def test_frames(data):
    shards, _ = data
    inputs = gather_inputs(shards, INSTANCES, with_entities=True)
    expected = [shards[0][2], shards[1][0], shards[1][3]]
    parts = np.split(inputs.pieces, np.cumsum(inputs.lengths)[:-1])
    for part, instance in zip(parts, expected, strict=True):
        assert part.tolist() == [0, *instance.pieces.tolist(), 2]
    assert inputs.shards.tolist() == [0, 1, 1]
    assert inputs.entities.tolist() == np.concatenate([i.entities for i in expected]).tolist()
    ranges = np.concatenate([i.ranges for i in expected]) + 1
    assert inputs.ranges.tolist() == ranges.tolist()


def test_words_alone(data):
    inputs = gather_inputs(data[0], INSTANCES, with_entities=False)
    assert not len(inputs.entities) and inputs.slots.tolist() == [0, 0, 0]


@pytest.mark.parametrize("parts", [1, 2, 3, 5])
def test_split(data, parts):
    inputs = gather_inputs(data[0], INSTANCES, with_entities=True)
    found = inputs.split(parts)
    assert len(found) == parts
    for name in ("pieces", "lengths", "entities", "ranges", "slots", "shards"):
        joined = np.concatenate([getattr(part, name) for part in found])
        assert joined.tolist() == getattr(inputs, name).tolist()
    for part in found:
        assert part.lengths.sum() == len(part.pieces) and part.slots.sum() == len(part.entities)


def test_masker(data):
    shards, pieces = data
    inputs = gather_inputs(shards, INSTANCES, with_entities=True)
    masker = Masker(MaskingSettings(entities=0.5), mask_piece=pieces.mask_id, mask_entity=0)
    batch = masker(inputs, np.random.default_rng(0))
    assert batch.word_targets.tolist() == inputs.pieces[batch.word_places].tolist()
    assert not set(batch.word_targets.tolist()) & {0, 2}  # <s> and </s> are never hidden
    assert batch.entity_targets.tolist() == inputs.entities[batch.entity_places].tolist()
    assert not batch.slots.entity_ids[batch.entity_places].any()
    hidden = int((batch.slots.entity_ids == 0).sum())
    assert hidden == len(batch.entity_places) == round(0.5 * len(inputs.entities))
    again = masker(inputs, np.random.default_rng(0))
    assert torch.equal(again.words.word_ids, batch.words.word_ids)


def test_hidden_mentions(data):
    shards, pieces = data
    inputs = gather_inputs(shards, INSTANCES, with_entities=True)
    settings = MaskingSettings(words=0.0, entities=0.5, mentions=1.0)
    masker = Masker(settings, mask_piece=pieces.mask_id, mask_entity=0)
    batch = masker(inputs, np.random.default_rng(0))
    firsts = np.repeat(np.cumsum(inputs.lengths) - inputs.lengths, inputs.slots)
    expected = inputs.pieces.copy()
    for slot in batch.entity_places.tolist():
        start, end = inputs.ranges[slot] + firsts[slot]
        expected[start:end] = pieces.mask_id
    assert batch.words.word_ids.tolist() == expected.tolist()
    assert (expected == pieces.mask_id).sum() >= len(batch.entity_places)
    assert not len(batch.word_places)


def test_candidates_hold_the_targets():
    sampler = CandidateSampler(np.array([0, 5, 1000, 1, 1, 1]), 3)
    rows, corrections, places = sampler(np.array([4, 1, 4]), np.random.default_rng(0))
    assert rows[places].tolist() == [4, 1, 4] and (np.diff(rows) > 0).all()
    assert corrections[rows == 4] > corrections[rows == 1] > 0


def test_sampled_softmax_is_right_on_average():
    """The corrected sum over candidates estimates the sum over the whole table."""
    counts = np.arange(1, 200)
    logits = np.random.default_rng(1).normal(size=199)
    sampler, random = CandidateSampler(counts, 60), np.random.default_rng(2)
    none = np.empty(0, dtype=np.int64)
    sums = []
    for _ in range(2000):
        rows, corrections, _ = sampler(none, random)
        sums.append(np.exp(logits[rows] + corrections).sum())
    assert np.mean(sums) == pytest.approx(np.exp(logits).sum(), rel=0.02)
