"""A tiny corpus with links, and the dataset made from it, in two languages."""

from collections import Counter
from pathlib import Path

import numpy as np

from spacy_mluke.entities.paragraphs import Paragraph
from spacy_mluke.modeling.vocabulary import PIECE_FILE
from spacy_mluke.pretraining.dataset import DatasetSettings, build_shards
from spacy_mluke.pretraining.instances import Limits
from spacy_mluke.pretraining.linked_docs import multilingual_tokenizer
from spacy_mluke.report import Report
from spacy_mluke.text.pieces import PieceEncoder
from spacy_mluke.text.vocabulary import train_pieces_on_tokens

KEYS = ["[MASK]", "[UNK]", "[PAD]", "[MASK2]", "Q1", "Q2", "Q3", "Q4", "Q5"]
NAMES = {
    "de": ["Adal", "Brunna", "Celdorf", "Dornau", "Elmhain"],
    "ja": ["アダル", "ブルナ", "セルドルフ", "ドルナウ", "エルムハイン"],
}
TEXTS = {
    "de": ["{} liegt nördlich von {}. Dort mündet die Ilm.", "Von {} nach {} fährt ein Zug."],
    "ja": ["{}は{}の北にある。", "{}から{}まで電車で行く。"],
}
LIMITS = Limits(max_pieces=30, max_entities=8, min_sentence=3, with_links_only=False)


class Keys:
    """The rows of the entity table, as an entity vocabulary gives them."""

    def __init__(self, rows=None):
        self._rows = rows or {key: row for row, key in enumerate(KEYS)}

    def rows(self, keys):
        return np.array([self._rows.get(key, -1) for key in keys], dtype=np.int32)


def paragraphs(lang, *, number=40, seed=0):
    """Paragraphs about two places each, four to a page."""
    random = np.random.default_rng([seed, len(lang), ord(lang[0])])
    for i in range(number):
        first, second = random.choice(5, size=2, replace=False).tolist()
        before, between, after = TEXTS[lang][int(random.integers(2))].split("{}")
        a, b = NAMES[lang][first], NAMES[lang][second]
        start = len(before)
        other = start + len(a) + len(between)
        links = [
            (start, start + len(a), f"Q{first + 1}"),
            (other, other + len(b), f"Q{second + 1}"),
        ]
        yield Paragraph(before + a + between + b + after, links, page=f"{lang}{i // 4}")


def make_pieces(vocab_size=75):
    """A vocabulary of pieces for the corpus."""
    tokenizer, counts = multilingual_tokenizer(), Counter()
    for lang in TEXTS:
        for paragraph in paragraphs(lang):
            spaced = True
            for token in tokenizer(paragraph.text):
                counts[(token.text, spaced)] += 1
                spaced = bool(token.whitespace_)
    return train_pieces_on_tokens(counts, vocab_size=vocab_size)


def make_dataset(folder: Path, *, held_out=0.2, number=40, rows=None, vocab_size=75):
    """Shards of both languages, with the vocabulary of pieces. RETURNS: The report of each."""
    folder.mkdir(parents=True, exist_ok=True)
    model = make_pieces(vocab_size)
    (folder / PIECE_FILE).write_bytes(model)
    reports = {}
    for lang in TEXTS:
        reports[lang] = Report(lang)
        build_shards(
            paragraphs(lang, number=number),
            folder,
            lang=lang,
            pieces=PieceEncoder(model),
            vocabulary=Keys(rows),
            settings=DatasetSettings(LIMITS, held_out=held_out),
            report=reports[lang],
            progress=False,
        )
    return reports
