"""Full sizes are those that are published; the tiny one runs."""

import pytest

from spacy_mluke.shipping.dry_run import SIZES, count_parts, free_bytes, needed_bytes, run

# transformers' LukeModel of these sizes, with its pooler and entity-aware queries left out
PUBLISHED = {
    "base": 585_839_104,
    "large": 867_884_288,
    "base-lite": 278_639_872,
    "large-lite": 560_685_056,
}


@pytest.mark.parametrize("size", PUBLISHED)
def test_parameters_are_those_published(size):
    counts = count_parts(SIZES[size])
    width = SIZES[size].hidden_size
    pooler = width * width + width
    assert sum(counts.values()) in (PUBLISHED[size], PUBLISHED[size] - pooler)
    assert counts["word table"] == 250_004 * width


@pytest.mark.parametrize("precision", ["fp32", "bf16", "int8"])
def test_tiny_runs(precision):
    steps = run("tiny", precision=precision, backward=True, window=100, slots=9)
    names = [step for step, _, _ in steps]
    assert names[:4] == ["start", "weights", "forward in training", "backward"]
    assert names[-2] == "prediction" and "file of these weights" in names[-1]
    peaks = [peak for _, _, peak in steps]
    assert peaks == sorted(peaks) and peaks[0] > 0.05


def test_needed_memory():
    config = SIZES["base"]
    weights = needed_bytes(config, backward=False, precision="fp32")
    assert weights == 4 * sum(count_parts(config).values())
    trained = needed_bytes(config, backward=True, precision="fp32") - weights
    assert trained == weights - 4 * 1_200_001 * 256, "the large table has no gradient"
    assert 2**20 < free_bytes() < 2**50


def test_window_has_to_fit():
    with pytest.raises(ValueError, match="M670.*512 at most"):
        run("tiny", precision="fp32", backward=False, window=513, slots=1)
