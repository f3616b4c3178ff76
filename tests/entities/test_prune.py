import json

import numpy as np
import pytest

from spacy_mluke.entities.prune import choose_rows, prune_vocabulary, table_rows
from spacy_mluke.entities.vocabulary_formats import import_vocabulary
from spacy_mluke.report import Report

ROWS = [
    (9, [["A", "de"], ["B", "en"]]),
    (3, [["C", "en"]]),
    (7, [["D", "fi"], ["D", "de"]]),
    (3, [["E", "fi"]]),
]


@pytest.fixture
def vocabulary(tmp_path):
    rows = [(0, [[name, "de"]]) for name in ("[PAD]", "[UNK]", "[MASK]")] + ROWS
    lines = [
        json.dumps({"id": i, "count": count, "entities": names})
        for i, (count, names) in enumerate(rows)
    ]
    (tmp_path / "v.jsonl").write_text("\n".join(lines))
    return import_vocabulary(tmp_path / "v.jsonl", tmp_path / "v")


@pytest.mark.parametrize(
    "how,rows,lost",
    [
        ({"languages": ["de"]}, [4, 6], 2),
        ({"languages": ["en", "fi"]}, [4, 5, 6, 7], 0),
        ({"size": 3}, [4, 5, 6], 1),
        ({"size": 9}, [4, 5, 6, 7], 0),
        ({"size": 1, "languages": ["fi"]}, [6], 3),
        ({"keys": ["fi:E", "de:A", "en:B", "[MASK]", "Q3"]}, [4, 7], 1),
        ({"keys": ["fi:E", "de:A"], "languages": ["de"]}, [4], 1),
    ],
)
def test_choice(vocabulary, how, rows, lost):
    report = Report()
    assert choose_rows(vocabulary, **how, report=report).tolist() == rows
    assert report.kept == {"entities": len(rows)}
    assert sum(report.lost.values()) == lost


@pytest.mark.parametrize(
    "how,code",
    [
        ({}, "M828"),
        ({"languages": ["de", "xx"]}, "M826.*in xx.*de, en, fi"),
        ({"keys": []}, "M827"),
        ({"keys": ["Q1"]}, "M827"),
        ({"size": 0}, "M827"),
    ],
)
def test_no_choice(vocabulary, how, code):
    with pytest.raises(ValueError, match=code):
        choose_rows(vocabulary, **how)


def test_no_titles_to_choose_by(tmp_path):
    (tmp_path / "a.json").write_text('{"[MASK]": 0, "Q5": 1}')
    vocabulary = import_vocabulary(tmp_path / "a.json", tmp_path / "v")
    with pytest.raises(ValueError, match="M826.*are in: none"):
        choose_rows(vocabulary, languages=["de"])


def test_pruned(tmp_path, vocabulary):
    rows = choose_rows(vocabulary, languages=["de"])
    pruned = prune_vocabulary(vocabulary, tmp_path / "p", rows, languages=["de"])
    assert [pruned.key(row) for row in range(4, len(pruned))] == ["de:A", "fi:D"]
    assert pruned.counts.tolist() == [0, 0, 0, 0, 9, 7]
    assert pruned.source_rows.tolist() == [0, 1, 2, 3, 4, 6]
    # without an item an entity has no other key: it keeps its titles
    assert pruned.titles(5) == {"fi": "D", "de": "D"}
    assert pruned.row("en:C") == -1


def test_titles_of_items_are_left_out(tmp_path):
    names = {"[MASK]": 0, "Q5": 1, "de:A": 1, "en:B": 1, "en:C": 2}
    (tmp_path / "a.json").write_text(json.dumps(names))
    vocabulary = import_vocabulary(tmp_path / "a.json", tmp_path / "v")
    pruned = prune_vocabulary(vocabulary, tmp_path / "v", np.array([4]), languages=["de"])
    assert pruned.titles(4) == {"de": "A"} and pruned.key(4) == "Q5" and pruned.row("en:B") == -1
    assert len(pruned) == 5


def test_rows_of_a_table(tmp_path, vocabulary):
    names = {"[MASK]": 2, "[UNK]": 1, "[PAD]": 0, "de:A": 3, "en:C": 4, "fi:D": 5, "fi:E": 6}
    rows = table_rows(vocabulary, names, 8, checkpoint="c")
    assert rows[4:].tolist() == [3, 4, 5, 6]  # as in the file it is from
    names = {"[MASK]": 0, "de:A": 4, "en:C": 5, "fi:D": 6, "fi:E": 7}
    assert table_rows(vocabulary, names, 8, checkpoint="c").tolist() == list(range(8))
    for change, n_rows, reason in (
        ({"de:A": 5}, 8, "1 of 5 entities have other rows, like de:A, which is 5"),
        ({"de:X": 5}, 8, "1 of 6 entities .* like de:X"),
        ({}, 7, "the table has 7 rows, the vocabulary 8"),
    ):
        with pytest.raises(ValueError, match=f"M829.*'c': {reason}"):
            table_rows(vocabulary, {**names, **change}, n_rows, checkpoint="c")
