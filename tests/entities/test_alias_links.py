import pytest

from spacy_mluke.entities.alias_links import article_links, is_article, with_items
from spacy_mluke.report import Report
from tests.entities.alias_folders import linked


@pytest.mark.parametrize(
    "entity, expected",
    [
        ("Q42", True),
        ("en:Paris", True),
        ("en:2001: A Space Odyssey", True),
        ("ja:b:数学", False),
        ("en:Wikt:per se", False),
        ("zh:S:尚書", False),
        ("de:Kategorie:Sprache", False),
        ("en:Kategorie:Sprache", True),
        ("el:Image:Logo.png", False),
        ("unknown", True),
    ],
)
def test_articles(entity, expected):
    assert is_article(entity) == expected


def test_links_to_other_projects_are_counted():
    report = Report()
    paragraphs = [
        linked("Paris and Wien", ("Paris", "en:Paris"), ("Wien", "en:wikt:Wien"), page="P"),
        linked("Nothing"),
    ]
    found = list(article_links(paragraphs, report))
    assert [paragraph.links for paragraph in found] == [[(0, 5, "en:Paris")], []]
    assert found[0].page == "P"
    assert dict(report.lost) == {"links to other projects and namespaces": 1}
    assert report.places["links to other projects and namespaces"] == ["en:wikt:Wien"]


class Table:
    """Knows one title."""

    def items(self, keys):
        return ["Q90" if key == "en:Paris" else None for key in keys]


def test_items_in_place_of_titles():
    paragraphs = [
        linked("Paris", ("Paris", "en:Paris")),
        linked("None"),
        linked("Wien, Graz", ("Wien", "de:Wien"), ("Graz", "Q13298")),
    ]
    found = [paragraph.links for paragraph in with_items(paragraphs, Table())]
    assert found == [[(0, 5, "Q90")], [], [(0, 4, "de:Wien"), (6, 10, "Q13298")]]
    assert list(with_items([], Table())) == []
