import pytest

from spacy_mluke.language import get_language
from spacy_mluke.relations import get_relations
from spacy_mluke.report import Report
from spacy_mluke.training.kbp37 import read_instances, read_kbp37

FILE = """\
7\t" <e1> Ana Lima </e1> works for <e2> Galp </e2> in Lisbon . "
per:employee_of(e1,e2)


8\t"Die <e1> Galp </e1>chefin heißt (<e2>Ana "A" Lima</e2>)."
per:employee_of(e2,e1)\x20

9\t"<e1> Porto </e1>, <e2> Lisboa </e2>"
no_relation
"""


def write(tmp_path, text):
    path = tmp_path / "kbp.txt"
    path.write_text(text, encoding="utf8")
    return path


def test_docs(tmp_path):
    report = Report()
    docs = list(read_kbp37(write(tmp_path, FILE), "de", report))
    assert [doc.text for doc in docs] == [
        "Ana Lima works for Galp in Lisbon.",
        'Die Galpchefin heißt (Ana "A" Lima).',
        "Porto, Lisboa",
    ]
    relations = [
        [(rel.head.text, rel.label, rel.tail.text) for rel in get_relations(doc)] for doc in docs
    ]
    assert relations == [
        [("Ana Lima", "per:employee_of", "Galp")],
        [('Ana "A" Lima', "per:employee_of", "Galpchefin")],
        [],
    ]
    assert [(ent.text, ent.label_) for ent in docs[2].ents] == [
        ("Porto", "ENTITY"),
        ("Lisboa", "ENTITY"),
    ]
    assert get_language(docs[0]) == "de"
    assert report.kept["relations"] == 2 and report.kept["entities"] == 6
    assert report.kept["pairs without a relation"] == 1
    assert report.changed == {"entity widened to whole tokens": 1}
    assert not report.lost


def test_without_snap_the_pair_is_lost_and_counted(tmp_path):
    report = Report()
    docs = list(read_kbp37(write(tmp_path, FILE), "de", report, snap=False))
    assert len(docs) == 3 and get_relations(docs[1]) == []
    assert report.lost == {
        "entity that cuts a token": 1,
        "relation without an end (its entity was lost)": 1,
    }


@pytest.mark.parametrize(
    "sentence,text,first,second",
    [
        ("The <e1> </e1> Prize of <e2> Art </e2>", "The Prize of Art", "Prize", "Art"),
        ("<e1> </e1> Prize of <e2> Art </e2>", "Prize of Art", "Prize", "Art"),
        ("The <e1> Art </e1> of <e2> </e2> .", "The Art of .", "Art", "of"),
        ("A <e1> B </e1> and <e2> </e2> town", "A B and town", "B", "town"),
        ("A <e1> </e1> <e2> B </e2> c", "A B c", "A", "B"),
    ],
)
def test_entity_without_text(tmp_path, sentence, text, first, second):
    report = Report()
    path = write(tmp_path, f'1\t"{sentence}"\nno_relation\n')
    [instance] = read_instances(path, report)
    assert instance.text == text
    assert text[slice(*instance.e1)] == first
    assert text[slice(*instance.e2)] == second
    assert report.changed == {"entity without text (made the next word)": 1}


@pytest.mark.parametrize(
    "text,line,problem",
    [
        ('1\t"<e1> a </e1> b"\nno_relation\n', 1, "not one pair"),
        ('1\t"<e2> a </e2> <e1> b </e1>"\nno_relation\n', 1, "not one pair"),
        ('1\t"<e1> a </e1> <e2> b </e2>"\n', 1, "without a label"),
        ('1\t"<e1> a </e1> <e2> b </e2>"\n\n2\t"x"\n', 1, "without a label"),
        ("no_relation\n", 1, "without a sentence"),
        ('1\t"<e1> a </e1> <e2> b </e2>"\n\nper:x(e1,e1)\n', 3, "not a label"),
        ('1\t"<e1> a </e1> <e2> b </e2>"\nper:x\n', 2, "not a label"),
    ],
)
def test_wrong_file(tmp_path, text, line, problem):
    with pytest.raises(ValueError, match=rf"M534.*kbp\.txt, line {line}: .*{problem}"):
        list(read_instances(write(tmp_path, text), Report()))
