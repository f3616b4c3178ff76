import pickle
import random

import numpy as np
import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st

from spacy_mluke.entities.detection import MentionDetector, apart
from spacy_mluke.entities.plain_text import read_any_text
from spacy_mluke.entities.units import cut
from spacy_mluke.entities.write_paragraphs import write_paragraphs
from spacy_mluke.language import set_language
from spacy_mluke.text.tokenizer import add_character_tokens
from tests.entities.alias_folders import linked, make_dictionary

NAMES = ["Paris", "New York City", "York", "paris", "NEW YORK CITY"]
NAMES += ["東京都", "アイスランド", "アイス"]


@pytest.fixture(scope="module")
def aliases(tmp_path_factory):
    return make_dictionary(tmp_path_factory.mktemp("aliases"))


@pytest.fixture(scope="module")
def detector(aliases):
    return MentionDetector(aliases, min_link_probability=0.02, min_fragment_probability=0)


@pytest.fixture(scope="module")
def nlp():
    nlp = spacy.blank("xx")
    add_character_tokens(nlp)
    return nlp


def named(text, mentions):
    return [(text[start:end], entity) for start, end, entity in mentions]


def test_longest_first(detector):
    text = "New York City, not York; Paris."
    expected = [("New York City", "Q60"), ("York", "Q42462"), ("Paris", "Q90")]
    assert named(text, detector.annotate(text, "en")) == expected


@pytest.mark.parametrize("text", ["", " ", "\n\n", "...", "Nothing here.", "Par is", "Parisian"])
def test_no_mentions(detector, text):
    assert detector.annotate(text, "en") == []
    assert detector.annotate_all([], "en") == []


@pytest.mark.parametrize(
    "lang, text, expected",
    [
        ("ja", "昨日東京都へ", ["東京都"]),
        ("ja", "アイスランドとアイスとアイスバー", ["アイスランド", "アイス"]),
        ("ko", "나는 서울은 아니 남서울", ["서울"]),
        ("th", "ไปไทยแล้ว", ["ไทย"]),
        ("de", "KÖLN, Köln.", ["KÖLN", "Köln"]),
        ("de", "Ko\u0308ln.", ["Ko\u0308ln"]),
        ("en", "New\u00a0York\n City", ["New\u00a0York\n City"]),
        ("en", "«Paris»", ["Paris"]),
    ],
)
def test_scripts(detector, lang, text, expected):
    assert [text[s:e] for s, e, _ in detector.annotate(text, lang)] == expected


def test_threshold(aliases):
    text = "You may go to Paris."
    assert named(text, MentionDetector(aliases, min_link_probability=0.3).annotate(text, "en")) == [
        ("Paris", "Q90")
    ]
    assert MentionDetector(aliases, min_link_probability=1.01).annotate(text, "en") == []


def test_parts_of_longer_names(aliases):
    text = "Paris Saint Hilton. In Paris. Big Paris"
    plain = MentionDetector(aliases, min_fragment_probability=0)
    strict = MentionDetector(aliases, min_fragment_probability=1.1)
    assert [start for start, _, _ in plain.annotate(text, "en")] == [0, 23, 34]
    # "In" and "Big" begin sentences, so that their capital letter says nothing.
    assert [start for start, _, _ in strict.annotate(text, "en")] == [23, 34]


def test_docs_and_text_agree(detector, nlp):
    texts = ["Paris, New York City!", "", "York  in\nParis ", "No name", " "]
    docs = [nlp(text) for text in texts]
    for doc in docs:
        set_language(doc, "en")
    found = detector.detect(docs)
    for doc, spans, mentions in zip(docs, found, detector.annotate_all(texts, "en")):
        assert spans.shape == (len(mentions), 2)
        chars = [(doc[s:e].start_char, doc[s:e].end_char) for s, e in spans.tolist()]
        assert chars == [(start, end) for start, end, _ in mentions]


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.lists(st.sampled_from([*NAMES, "Big", "is", ". ", "\n", " ", " "])), max_size=4)
)
def test_docs_and_text_agree_on_parts_of_names(aliases, nlp, parts):
    texts = ["".join(text) for text in parts]
    docs = list(nlp.pipe(texts))
    for lang in ("en", "ja"):
        strict = MentionDetector(aliases, min_fragment_probability=1.1, lang=lang)
        for doc, spans, links in zip(docs, strict.detect(docs), strict.annotate_all(texts, lang)):
            starts, ends = {token.idx for token in doc}, {t.idx + len(t) for t in doc}
            inside = [(start, end) for start, end, _ in links if start in starts and end in ends]
            assert [(doc[s:e].start_char, doc[s:e].end_char) for s, e in spans.tolist()] == inside


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(1, 6)), max_size=15))
def test_spans_apart_are_taken_from_left_to_right(spans):
    starts = np.asarray(sorted({start: None for start, _ in spans}), dtype=np.int64)
    stops = starts + np.asarray([length for _, length in spans[: len(starts)]], dtype=np.int64)
    expected, reached = [], 0
    for start, stop in zip(starts.tolist(), stops.tolist()):
        expected.append(start >= reached)
        reached = stop if start >= reached else reached
    assert apart(starts, stops).tolist() == expected


def test_docs_of_several_languages(aliases, nlp):
    texts = {"en": "Paris", "ja": "東京都", "qq": "Paris"}
    docs = []
    for lang, text in texts.items():
        docs.append(nlp(text))
        set_language(docs[-1], lang)
    with pytest.raises(ValueError, match=r"\[M843\]"):
        MentionDetector(aliases).detect(docs)
    spans = MentionDetector(aliases, missing="ignore").detect(docs)
    assert [found.tolist() for found in spans] == [[[0, 1]], [[0, 3]], []]
    assert MentionDetector(aliases, lang="en").detect(docs[2:])[0].tolist() == [[0, 1]]
    assert MentionDetector(aliases, missing="ignore").annotate("Paris", "qq") == []
    assert MentionDetector(aliases).detect([]) == []


def test_tokens_bound_mentions(detector):
    nlp = spacy.blank("xx")
    doc = nlp("東京都へ")  # one token
    assert len(doc) == 1
    set_language(doc, "ja")
    assert detector.detect([doc])[0].tolist() == []


@settings(deadline=None, max_examples=60)
@given(st.lists(st.one_of(st.sampled_from([*NAMES, " ", ".", "the ", "は"]), st.text(max_size=4))))
def test_offsets(detector, parts):
    text = "".join(parts)
    for lang in ("en", "ja"):
        mentions = detector.annotate(text, lang)
        assert all(0 <= s < e <= len(text) for s, e, _ in mentions)
        assert all(a[1] <= b[0] for a, b in zip(mentions, mentions[1:]))
        for start, end, entity in mentions:
            candidates = detector.aliases.candidates(text[start:end], lang)
            assert candidates[0].count == max(c.count for c in candidates)
            assert entity in {c.entity for c in candidates}


@settings(deadline=None, max_examples=60)
@given(st.lists(st.text(max_size=12), max_size=5))
def test_units(texts):
    units = cut(texts)
    together = "\0".join(texts)
    assert all(a < b for a, b in zip(units.starts, units.ends))
    assert all(a <= b for a, b in zip(units.ends, units.starts[1:]))
    covered = "".join(together[s:e] for s, e in zip(units.starts, units.ends))
    assert "".join(covered.split()) == "".join(
        c for c in together if not c.isspace() and c not in "\ufeff\u200b"
    )
    # The hash of a unit depends on nothing around it.
    for start, end, written in zip(units.starts, units.ends, units.written):
        alone = cut([together[start:end]])
        assert len(alone) == 1 and alone.written[0] == written


def test_batches_do_not_change_the_result(detector, aliases, nlp, monkeypatch):
    rng = random.Random(0)
    texts = [" ".join(rng.choices([*NAMES, "a", "b."], k=rng.randint(0, 9))) for _ in range(200)]
    whole = detector.annotate_all(texts, "en")
    docs = [nlp(text) for text in texts]
    spans = MentionDetector(aliases, lang="en").detect(docs)
    monkeypatch.setattr("spacy_mluke.entities.detection.BATCH_CHARS", 50)
    monkeypatch.setattr("spacy_mluke.entities.detection.BATCH_TOKENS", 7)
    assert detector.annotate_all(texts, "en") == whole
    again = MentionDetector(aliases, lang="en").detect(docs)
    assert sum(map(len, spans)) > 100
    assert all(np.array_equal(one, other) for one, other in zip(spans, again))


def test_a_text_of_a_megabyte(detector):
    text = "Paris and York. " * 80_000
    mentions = detector.annotate(text, "en")
    assert len(text) > 2**20 and len(mentions) == 160_000
    assert mentions[-1] == (len(text) - 6, len(text) - 2, "Q42462")


def test_plain_text(tmp_path):
    (tmp_path / "wiki.txt").write_text(
        '<doc id="1" url="u" title="Paris">\nParis\n\nParis is a city.\nParis\n</doc>\n'
        '<doc id="2" url="u" title="Q">\nNot its title\n</doc>\nLoose line\n',
        encoding="utf8",
    )
    found = [(p.page, p.text) for p in read_any_text(tmp_path / "wiki.txt", source="s")]
    assert found == [
        ("Paris", "Paris is a city."),
        ("Paris", "Paris"),
        ("Q", "Not its title"),
        ("", "Loose line"),
    ]
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "a.txt").write_text("A\n", encoding="utf8")
    assert [p.text for p in read_any_text(folder)] == ["A"]
    write_paragraphs(folder / "b" / "c.jsonl.gz", [linked("B is.", ("B", "Q1"))])
    for path in (folder, folder / "b" / "c.jsonl.gz"):
        assert [p.links for p in read_any_text(path)] == [[(0, 1, "Q1")]]


def test_detectors_can_be_copied(detector):
    assert pickle.loads(pickle.dumps(detector)).annotate("Paris", "en") == [(0, 5, "Q90")]
