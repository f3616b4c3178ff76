import numpy as np

from spacy_mluke.pipeline.softmax import log_softmax, softmax


def test_probabilities():
    logits = np.log(np.asarray([[1.0, 2.0, 5.0], [3.0, 1.0, 0.0001]], dtype="float32"))
    logits[1, 2] = -np.inf
    want = [[0.125, 0.25, 0.625], [0.75, 0.25, 0.0]]
    # Of large numbers, too: only differences count.
    for shift in (0, -300, 300):
        np.testing.assert_allclose(softmax(logits + shift), want, rtol=1e-4)
        np.testing.assert_allclose(np.exp(log_softmax(logits + shift)), want, rtol=1e-4)
    assert softmax(logits).dtype == log_softmax(logits).dtype == np.float32
    assert softmax(np.zeros((0, 3))).shape == log_softmax(np.zeros((0, 3))).shape == (0, 3)
