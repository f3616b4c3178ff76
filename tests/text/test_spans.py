import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from spacy_mluke.text.spans import find_spans, sort_spans, span_keys

spans_of = st.lists(st.tuples(st.integers(0, 2**31 - 1), st.integers(0, 2**31 - 1)), max_size=20)


@given(spans_of)
def test_keys_sort_as_pairs(spans):
    order = np.argsort(span_keys(np.asarray(spans)), kind="stable")
    assert [spans[i] for i in order] == sorted(spans)
    assert list(map(tuple, sort_spans(np.asarray(spans)))) == sorted(set(spans))


@given(spans_of, spans_of)
def test_find(table, wanted):
    table = sort_spans(np.asarray(table))
    rows = find_spans(table, np.asarray(wanted + table.tolist()))
    known = [tuple(span) for span in table.tolist()]
    assert rows[len(wanted) :].tolist() == list(range(len(table)))
    for span, row in zip(wanted, rows.tolist()):
        assert row == (known.index(span) if span in known else -1)
