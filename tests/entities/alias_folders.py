"""A small alias dictionary for tests."""

import json
from pathlib import Path

from spacy_mluke.entities.alias_corpus import build_aliases
from spacy_mluke.entities.paragraphs import Paragraph
from spacy_mluke.entities.write_paragraphs import write_paragraphs


def linked(text, *links, page="", source=""):
    """A paragraph with links given by their text, at its first place."""
    found = []
    for name, entity in links:
        start = text.index(name)
        found.append((start, start + len(name), entity))
    return Paragraph(text, sorted(found), page, source)


PARAGRAPHS = {
    "en": [
        linked("Paris is in France.", ("Paris", "Q90"), ("France", "Q142"), page="A"),
        linked("He met Paris of Troy in May.", ("Paris", "en:Paris (mythology)"), page="B"),
        linked("They flew to Paris and on to New York City.", ("Paris", "Q90"), page="C"),
        linked("New York City is big.", ("New York City", "Q60"), page="D"),
        linked("York may be small, and May it rain.", ("York", "Q42462"), page="E"),
        linked("In may and May you may.", page="F"),
        linked("You may, I may, we may.", page="G"),
    ],
    "de": [linked("Er sah die Straße in Köln.", ("Köln", "Q365"), page="A")],
    "ja": [
        linked("東京都は日本の首都。", ("東京都", "Q1490"), ("日本", "Q17"), page="A"),
        linked("アイスランドは島。", ("アイスランド", "Q189"), page="B"),
    ],
    "ko": [linked("서울은 수도이다.", ("서울", "Q8684"), page="A")],
    "th": [linked("กรุงเทพในไทย", ("ไทย", "Q869"), page="A")],
}

LABELS = [
    {"qid": "Q5880", "labels": {"en": "May", "de": "Mai"}},
    {"qid": "Q1490", "labels": {"en": "Tokyo", "de": "Tokio", "ja": "東京都"}, "aliases": {}},
    {"qid": "Q567", "labels": {"en": "Angela Merkel"}, "aliases": {"en": ["A. Merkel", "X"]}},
    {"qid": "Q22890", "labels": {"ja": "アイス"}},
]


def make_dictionary(folder: Path, **options):
    """Write paragraphs and labels below a folder, build a dictionary beside them."""
    for lang, paragraphs in PARAGRAPHS.items():
        write_paragraphs(folder / "in" / f"{lang}.jsonl.gz", paragraphs)
    labels = folder / "labels.jsonl"
    labels.write_text("".join(f"{json.dumps(row)}\n" for row in LABELS), encoding="utf8")
    files = {lang: [folder / "in" / f"{lang}.jsonl.gz"] for lang in PARAGRAPHS}
    return build_aliases(folder / "aliases", files, labels=labels, **options)
