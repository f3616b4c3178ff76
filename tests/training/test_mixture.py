import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacy_mluke.training.mixture import Mixture, MixtureSettings

SIZES = st.lists(st.integers(1, 60), min_size=1, max_size=6).map(tuple)
ALPHAS = st.floats(0, 1)


def numbers(mixture, epoch):
    """How often the epoch has each example of each corpus."""
    rows = mixture.epoch(epoch)
    found = [rows[rows[:, 0] == corpus, 1] for corpus in range(len(mixture.sizes))]
    return [np.bincount(f, minlength=n) for f, n in zip(found, mixture.sizes, strict=True)]


@given(SIZES, st.integers(0, 9), st.integers(0, 3))
def test_nothing_is_lost_or_repeated_at_one(sizes, seed, epoch):
    mixture = Mixture(sizes, MixtureSettings(1.0, seed=seed))
    assert mixture.counts.tolist() == list(sizes)
    assert all((n == 1).all() for n in numbers(mixture, epoch))


@given(SIZES, ALPHAS, st.integers(0, 3))
def test_each_example_occurs_in_each_epoch(sizes, alpha, epoch):
    mixture = Mixture(sizes, MixtureSettings(alpha))
    assert mixture.left_out == [0] * len(sizes)
    for n, count in zip(numbers(mixture, epoch), mixture.counts, strict=True):
        assert n.sum() == count and n.min() >= 1 and n.max() - n.min() <= 1


@given(SIZES, ALPHAS)
def test_proportions(sizes, alpha):
    counts = Mixture(sizes, MixtureSettings(alpha)).counts
    weights = np.asarray(sizes, dtype=float) ** alpha
    largest = int(np.argmax(sizes))
    assert counts[largest] == sizes[largest]
    # within the rounding to whole examples
    assert np.abs(counts - weights / weights[largest] * counts[largest]).max() <= 0.5 + 1e-6


@given(SIZES, ALPHAS, st.data())
def test_proportions_with_weights(sizes, alpha, data):
    weights = data.draw(st.tuples(*(st.floats(0.1, 10) for _ in sizes)))
    mixture = Mixture(sizes, MixtureSettings(alpha), weights)
    wanted = np.asarray(weights) * np.asarray(sizes, dtype=float) ** alpha
    assert mixture.left_out == [0] * len(sizes)
    once = int(np.argmin(wanted / sizes))
    assert mixture.counts[once] == sizes[once]
    share = wanted / wanted[once] * sizes[once]
    assert np.abs(mixture.counts - share).max() <= 0.5 + 1e-6 * share.max()


@given(SIZES, ALPHAS, st.integers(1, 100))
def test_proportions_of_a_given_epoch_size(sizes, alpha, epoch_size):
    counts = Mixture(sizes, MixtureSettings(alpha, epoch_size)).counts
    weights = np.asarray(sizes, dtype=float) ** alpha
    assert counts.sum() == epoch_size
    assert np.abs(counts - epoch_size * weights / weights.sum()).max() <= 1


@given(SIZES, ALPHAS, st.integers(1, 40), st.integers(1, 8))
def test_epochs_of_a_given_size_go_on_where_they_ended(sizes, alpha, epoch_size, n_epochs):
    mixture = Mixture(sizes, MixtureSettings(alpha, epoch_size))
    totals = [numbers(mixture, epoch) for epoch in range(n_epochs)]
    for corpus in range(len(sizes)):
        n = sum(total[corpus] for total in totals)
        assert n.max() - n.min() <= 1


@given(SIZES, ALPHAS, st.integers(0, 30), st.integers(0, 5))
def test_deterministic(sizes, alpha, epoch_size, epoch):
    settings = MixtureSettings(alpha, epoch_size, seed=3)
    one, again = Mixture(sizes, settings), Mixture(sizes, settings)
    again.epoch(epoch + 1)
    assert (one.epoch(epoch) == again.epoch(epoch)).all()


def test_seed_and_epoch_change_the_order():
    orders = [Mixture((50, 50), MixtureSettings(seed=s)).epoch(e) for s in (0, 1) for e in (0, 1)]
    assert len({order.tobytes() for order in orders}) == 4
    # and corpora are mixed: each tenth of an epoch has some of both
    assert all(0 < part[:, 0].mean() < 1 for part in np.split(orders[0], 10))


def test_repeats_of_a_small_corpus_are_in_another_order():
    rows = Mixture((1000, 10), MixtureSettings(0.5)).epoch(0)
    small = rows[rows[:, 0] == 1, 1]
    assert len(small) == 100
    assert len({tuple(small[i : i + 10]) for i in range(0, 100, 10)}) == 10


@pytest.mark.parametrize("alpha,times", [(1.0, [1, 1]), (0.5, [1, 10]), (0.0, [1, 100])])
def test_times(alpha, times):
    mixture = Mixture((1000, 10), MixtureSettings(alpha))
    assert mixture.times == times
    assert Mixture((1000, 10), MixtureSettings(alpha, 200)).left_out[0] > 0
