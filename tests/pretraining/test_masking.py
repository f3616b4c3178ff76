import numpy as np
import pytest

from spacy_mluke.pretraining.masking import (
    MaskingSettings,
    mask_entities,
    mask_words,
    number_to_mask,
)

MASK, FIRST, END = 99, 2, 90


@pytest.mark.parametrize(
    "n,rate,expected", [(0, 0.15, 0), (1, 0.15, 1), (100, 0.15, 15), (9, 0, 0)]
)
def test_number_to_mask(n, rate, expected):
    assert number_to_mask(n, rate) == expected


def test_shares_of_hidden_words():
    ids = np.full(20000, 95)
    maskable = np.arange(100, 20000)
    hidden, chosen = mask_words(
        ids,
        maskable,
        MaskingSettings(),
        mask_id=MASK,
        first_id=FIRST,
        end_id=END,
        random=np.random.default_rng(0),
    )
    assert len(chosen) == round(0.15 * len(maskable)) and chosen.min() >= 100
    assert (np.diff(chosen) > 0).all()
    masked = (hidden[chosen] == MASK).mean()
    kept = (hidden[chosen] == 95).mean()
    assert masked == pytest.approx(0.8, abs=0.03) and kept == pytest.approx(0.1, abs=0.02)
    replaced = hidden[chosen][(hidden[chosen] != MASK) & (hidden[chosen] != 95)]
    assert replaced.min() >= FIRST and replaced.max() < END
    untouched = np.setdiff1d(np.arange(20000), chosen)
    assert (hidden[untouched] == 95).all() and (ids == 95).all()


def test_entities_are_always_hidden():
    ids = np.arange(10, 50)
    settings = MaskingSettings(entities=0.5)
    hidden, chosen = mask_entities(ids, settings, mask_id=0, random=np.random.default_rng(1))
    assert len(chosen) == 20 and not hidden[chosen].any()
    others = np.setdiff1d(np.arange(40), chosen)
    assert (hidden[others] == ids[others]).all()


def test_nothing_to_hide():
    none = np.empty(0, dtype=np.int64)
    hidden, chosen = mask_entities(
        none, MaskingSettings(), mask_id=0, random=np.random.default_rng(0)
    )
    assert not len(hidden) and not len(chosen)
