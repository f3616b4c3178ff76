import pytest

from spacy_mluke.entities.annotation import Annotator
from spacy_mluke.entities.detection import MentionDetector
from spacy_mluke.report import Report
from tests.entities.alias_folders import linked, make_dictionary


@pytest.fixture(scope="module")
def detector(tmp_path_factory):
    aliases = make_dictionary(tmp_path_factory.mktemp("aliases"))
    return MentionDetector(aliases, min_link_probability=0.02, min_fragment_probability=0)


def annotate(detector, paragraphs, min_prior=0.0):
    report = Report()
    found = list(Annotator(detector, "en", min_prior=min_prior, report=report)(paragraphs))
    return [[(p.text[s:e], entity) for s, e, entity in p.links] for p in found], report


def test_links_stay(detector):
    text = "Paris, France and New York City."
    paragraph = linked(text, ("Paris", "Q1"), ("York", "Q2"), page="P", source="s")
    (result,) = Annotator(detector, "en", min_prior=0, report=Report())([paragraph])
    # "New York City" would overlap a link.
    assert result.links == [(0, 5, "Q1"), (7, 13, "Q142"), (22, 26, "Q2")]
    assert (result.page, result.source, result.text) == ("P", "s", text)
    assert annotate(detector, [])[0] == []


def test_a_page_says_what_it_means(detector):
    troy = "en:Paris (mythology)"
    paragraphs = [
        linked("He saw Paris, PARIS saw him.", page="A"),
        linked("Paris of Troy.", ("Paris", troy), page="A"),
        linked("Paris in France.", page="B"),
        linked("Paris and Paris.", ("Paris", troy)),
        linked("Paris alone."),
    ]
    found, report = annotate(detector, paragraphs)
    assert found == [
        [("Paris", troy), ("PARIS", troy)],
        [("Paris", troy)],
        [("Paris", "Q90"), ("France", "Q142")],
        [("Paris", troy), ("Paris", troy)],
        [("Paris", "Q90")],
    ]
    assert report.kept == {
        "links": 2,
        "mentions with the entity the page links": 3,
        "mentions with their most frequent entity": 3,
    }


def test_a_page_that_means_both_says_nothing(detector):
    text = "Paris is not the Paris of Troy. Paris!"
    page = linked(text, ("Paris", "Q90"), page="A")
    page.links.append((17, 22, "en:Paris (mythology)"))
    (found,), _ = annotate(detector, [page])
    assert [entity for _, entity in found] == ["Q90", "en:Paris (mythology)", "Q90"]


def test_texts_of_several_entities_are_left_out(detector):
    paragraphs = [linked("Paris in France.", page="A")]
    # two of the three links of "Paris" are to the city
    for min_prior, expected in ((0.66, ["Paris", "France"]), (0.67, ["France"])):
        (found,), report = annotate(detector, paragraphs, min_prior)
        assert [text for text, _ in found] == expected
    assert report.lost == {"mentions of texts with several entities": 1}
