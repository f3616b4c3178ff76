from spacy_mluke.report import MAX_PLACES, Report


def test_table_names_counts_and_places():
    report = Report("corpus")
    report.keep("docs", 3)
    report.change("tag odd", where="a:1")
    for i in range(5):
        report.lose("entity cut", where=f"b:{i}")
    text = report.table()
    lines = [line.split() for line in text.splitlines() if line.strip()]
    assert ["kept", "docs", "3"] in lines
    assert ["changed", "tag", "odd", "1", "a:1"] in lines
    assert ["lost", "entity", "cut", "5", "b:0;", "b:1;", "b:2"] in lines


def test_table_says_that_nothing_was_lost():
    report = Report()
    report.keep("docs")
    report.lose("entity cut", 0)
    assert not report.lost
    assert "nothing" in report.table()


def test_merge():
    one, two = Report(), Report()
    one.lose("x", where="1")
    two.lose("x", 2, where="2")
    two.keep("docs")
    two.change("y", where="3")
    one.merge(two)
    assert (one.lost["x"], one.kept["docs"], one.changed["y"]) == (3, 1, 1)
    assert one.places == {"x": ["1", "2"], "y": ["3"]}
    for _ in range(9):
        one.merge(two)
    assert len(one.places["x"]) == MAX_PLACES
