import spacy
from spacy.tokens import Doc, Span
from spacy.training import Example

from spacy_mluke.links import LINKS_KEY
from spacy_mluke.pipeline.gold_links import GoldLinks


def test_entities_and_links_of_any_type():
    vocab = spacy.blank("xx").vocab
    words = ["Ana", "Lima", "plays", "chess", "in", "Lima"]
    reference = Doc(vocab, words)
    reference.set_ents([Span(reference, 0, 2, "PER", kb_id="Q1"), Span(reference, 5, 6, "LOC")])
    reference.spans[LINKS_KEY] = [Span(reference, 3, 4, "", kb_id="Q718")]
    gold = GoldLinks([Example(Doc(vocab, words), reference)], None)
    assert [span.text for span in gold.mentions[0]] == ["Ana Lima", "chess"]
    assert gold.kb_ids == ["Q1", "Q718"]  # "Lima" has not been annotated
    gold = GoldLinks([Example(Doc(vocab, words), reference)], LINKS_KEY)
    assert gold.kb_ids == ["Q718"]
