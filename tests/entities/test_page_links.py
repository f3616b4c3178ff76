import re

import numpy as np
import pytest

from spacy_mluke.entities.page_links import (
    join_languages,
    link_tokens,
    page_candidates,
    translate_candidates,
)
from tests.entities.alias_folders import make_dictionary


class Titles:
    """Paris and Cologne in two languages."""

    pages = {"Q90": {"en": "Paris", "de": "Paris"}, "Q365": {"en": "Cologne", "de": "Köln"}}

    def item(self, lang, title):
        found = (item for item, titles in self.pages.items() if titles.get(lang) == title)
        return next(found, None)

    def titles(self, item):
        return self.pages.get(item, {})


@pytest.fixture(scope="module")
def aliases(tmp_path_factory):
    return make_dictionary(tmp_path_factory.mktemp("aliases"))


def tokens_of(text, pattern=r"\w+|[^\w\s]"):
    return np.asarray([match.span() for match in re.finditer(pattern, text)]).reshape(-1, 2)


def test_texts_linked_to_one_entity_twice(aliases):
    links = [("Paris", "Q90"), ("Paris", "Q90"), ("York", "Q42462")]
    assert page_candidates(links, aliases, "en") == {"paris": "Q90", "york": "Q42462"}
    assert page_candidates(links, aliases, "en", mode="faithful") == {"York": "Q42462"}


def test_ambiguous_and_unlikely_texts(aliases):
    links = [("Paris", "Q90"), ("PARIS", "Q1"), ("nothing known", "Q2"), ("York", "Q42462")]
    assert page_candidates(links, aliases, "en") == {"york": "Q42462"}
    assert page_candidates(links, aliases, "en", min_link_probability=0.99) == {}


def test_translation(aliases):
    candidates = {"cologne": "en:Cologne", "the city": "Q365", "paris": "Q90", "x": "en:Nowhere"}
    fixed = translate_candidates(candidates, Titles(), aliases, "de")
    assert fixed == {"köln": "Q365"}  # no link to Paris is in the German texts
    # Two source keys are one entity, but not one key: its names repeat only for equal keys.
    twice = {"cologne": "Q365", "the city": "Q365"}
    assert translate_candidates(twice, Titles(), aliases, "de") == {"köln": "Q365"}
    assert translate_candidates(twice, Titles(), aliases, "de", mode="faithful") == {}
    once = {"Cologne": "Q365"}
    assert translate_candidates(once, Titles(), aliases, "de", mode="faithful") == {"Köln": "Q365"}


def test_longest_first_at_word_boundaries():
    candidates = {"new york": "Q60", "york": "Q42462", "par": "Q1"}
    text = "New York, par York Paris par."
    found = link_tokens(text, tokens_of(text), candidates)
    assert found == [(0, 2, "Q60"), (3, 4, "Q1"), (4, 5, "Q42462"), (6, 7, "Q1")]
    pieces = tokens_of("Paris", "Par|is")
    assert link_tokens("Paris", pieces, {"par": "Q1"}) == []
    assert link_tokens("Paris", pieces, {"Par": "Q1"}, mode="faithful") == [(0, 1, "Q1")]
    assert link_tokens("PAR", tokens_of("PAR"), {"Par": "Q1"}, mode="faithful") == []


def test_unknown_entities_take_their_words():
    candidates = {"new york": "Q60", "york": "Q42462"}
    text = "New York York"
    found = link_tokens(text, tokens_of(text), candidates, known=lambda key: key != "Q60")
    assert found == [(2, 3, "Q42462")]


def test_limits():
    text = "a b " * 200
    tokens = tokens_of(text)
    assert len(link_tokens(text, tokens, {"a": "Q1"})) == 128
    assert link_tokens(text, tokens, {"a b a": "Q1"}, max_tokens=2) == []
    assert link_tokens("", tokens_of(""), {"a": "Q1"}) == []


def test_two_languages():
    question = [(1, 2, "Q1"), (5, 6, "Q2")]
    context = [(1, 2, "Q3"), (4, 5, "Q4"), (6, 7, "Q5")]
    fixed = join_languages(question, context, 4)
    assert fixed == [(1, 2, "Q1"), (4, 5, "Q4"), (6, 7, "Q5")]
    faithful = join_languages(question, context, 4, mode="faithful")
    assert faithful == [(1, 2, "Q1"), (6, 7, "Q5")]
