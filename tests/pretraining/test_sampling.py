from collections import Counter

import numpy as np
import pytest

from spacy_mluke.pretraining.sampling import BatchSampler, SamplingSettings, language_shares

RANDOM = np.random.default_rng(0)
LENGTHS = [RANDOM.integers(5, 60, size=n) for n in (300, 40, 0)]
SETTINGS = SamplingSettings(batch_pieces=200, pool_batches=8)


def _take(sampler, number):
    return [next(sampler).tolist() for _ in range(number)]


def test_shares():
    shares = language_shares([1000, 10, 0], 0.7)
    assert shares[0] / shares[1] == pytest.approx(100**0.7)
    assert shares[2] == 0 and shares.sum() == pytest.approx(1)


def test_batches_fit_and_are_alike_in_length():
    sampler = BatchSampler(LENGTHS, SETTINGS)
    spreads = []
    for _ in range(40):
        lengths = [int(LENGTHS[shard][row]) for shard, row in next(sampler).tolist()]
        assert 0 < sum(lengths) <= SETTINGS.batch_pieces
        spreads.append(max(lengths) - min(lengths))
    assert np.mean(spreads) < 15


def test_every_instance_once_an_epoch():
    sampler = BatchSampler(LENGTHS, SETTINGS)
    seen = Counter()
    while sampler.epochs[0] < 2:
        seen.update(row for shard, row in next(sampler).tolist() if shard == 0)
    assert min(seen.values()) >= 1 and max(seen.values()) <= 3 and len(seen) == 300


def test_languages_are_smoothed():
    sampler = BatchSampler(LENGTHS, SETTINGS)
    drawn = Counter(shard for batch in _take(sampler, 600) for shard, _ in batch)
    assert drawn[0] / drawn[1] == pytest.approx((300 / 40) ** 0.7, rel=0.1)
    assert drawn[2] == 0


@pytest.mark.parametrize("stop", [0, 1, 7, 8, 30])
def test_goes_on_from_a_state(stop):
    sampler = BatchSampler(LENGTHS, SETTINGS)
    _take(sampler, stop)
    state = sampler.state()
    expected = _take(sampler, 20)
    other = BatchSampler(LENGTHS, SETTINGS)
    other.restore(state)
    assert _take(other, 20) == expected


def test_seed():
    other = SamplingSettings(batch_pieces=200, pool_batches=8, seed=1)
    same = [_take(BatchSampler(LENGTHS, SETTINGS), 5) for _ in range(2)]
    assert same[0] == same[1] != _take(BatchSampler(LENGTHS, other), 5)


@pytest.mark.parametrize(
    "lengths,size,code", [([np.array([], int)], 100, "M735"), ([np.array([101])], 100, "M736")]
)
def test_impossible(lengths, size, code):
    with pytest.raises(ValueError, match=code):
        BatchSampler(lengths, SamplingSettings(batch_pieces=size))


def test_state_of_other_data():
    sampler = BatchSampler(LENGTHS, SETTINGS)
    with pytest.raises(ValueError, match="M737"):
        sampler.restore({"pool": 0, "taken": [1], "position": 0})
