import re
import time

import mwparserfromhell
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from spacy_mluke.pretraining.inline import parse_line, read_simple
from spacy_mluke.pretraining.markup import strip_elements, visible_lines
from spacy_mluke.pretraining.siteinfo import SiteInfo, parse_siteinfo
from spacy_mluke.pretraining.wikitext import MAX_LINE, parse_wikitext
from spacy_mluke.report import Report

DE = parse_siteinfo(
    '<mediawiki xml:lang="de"><siteinfo><dbname>dewiki</dbname><case>first-letter</case>'
    '<namespaces><namespace key="0" case="first-letter" />'
    '<namespace key="4" case="first-letter">Wikipedia</namespace>'
    '<namespace key="6" case="first-letter">Datei</namespace>'
    '<namespace key="14" case="first-letter">Kategorie</namespace></namespaces></siteinfo>'
)
MARKUP = re.compile(r"\[\[|\]\]|\{\{|\}\}|\{\||\|\}|''|</?ref|__TOC__")


def site(lang):
    return parse_siteinfo(f'<mediawiki xml:lang="{lang}">')


def read(text, siteinfo=DE):
    """Paragraphs with the anchors cut out of the text."""
    found = []
    for paragraph, links in parse_wikitext(text, siteinfo):
        found.append((paragraph, [(paragraph[start:end], key) for start, end, key in links]))
    return found


def read_one(text, siteinfo=DE):
    [paragraph] = read(text, siteinfo)
    return paragraph


def test_links():
    text = "'''Ulm''' liegt an der [[Donau]], nahe [[neu-Ulm_(Stadt)#Lage|Neu-Ulm]]."
    assert read_one(text) == (
        "Ulm liegt an der Donau, nahe Neu-Ulm.",
        [("Donau", "de:Donau"), ("Neu-Ulm", "de:Neu-Ulm (Stadt)")],
    )


@pytest.mark.parametrize(
    "link,shown,key",
    [
        ("[[Donau]]", "Donau", "de:Donau"),
        ("[[ donau |den Fluss]]", "den Fluss", "de:Donau"),
        ("[[Donau| Fluss ]]", "Fluss", "de:Donau"),
        ("[[Donau|]]", "Donau", "de:Donau"),
        ("[[Donau#Lauf]]", "Donau#Lauf", "de:Donau"),
        ("[[:Donau]]", "Donau", "de:Donau"),
        ("[[M%C3%BCnchen|dort]]", "dort", "de:München"),
        ("[[AT&amp;T]]", "AT&T", "de:AT&T"),
        ("[[Stra\u00dfe|a|b]]", "a|b", "de:Straße"),
        ("[[ISO 3166-2:DE]]", "ISO 3166-2:DE", "de:ISO 3166-2:DE"),
        ("[[de:Donau|x]]", "x", "de:Donau"),
        ("[[:fr:danube#Cours|x]]", "x", "fr:Danube"),
        ("[[Donau|''der'' <b>Fluss</b><ref>1</ref>]]", "der Fluss", "de:Donau"),
        ("[[ß-Laut]]", "ß-Laut", "de:ß-Laut"),
    ],
)
def test_targets(link, shown, key):
    assert read_one(f"Ein {link} hier.") == (f"Ein {shown} hier.", [(shown, key)])


@pytest.mark.parametrize(
    "link,shown,reason",
    [
        ("[[#Lage|siehe unten]]", "siehe unten", "links within the page"),
        ("[[Wikipedia:Hilfe|Hilfe]]", "Hilfe", "links to other namespaces"),
        ("[[:Kategorie:Fluss|Flüsse]]", "Flüsse", "links to other namespaces"),
        ("[[User talk:Ana|Ana]]", "Ana", "links to other namespaces"),
        ("[[wikt:Fluss|Fluss]]", "Fluss", "links to other projects"),
        ("[[Kategorie:Fluss]]", "", "links that show no text (files, categories, languages)"),
        ("[[Datei:a.jpg|mini|In [[Ulm]]]]", "", "links that show no text "
         "(files, categories, languages)"),
        ("[[Bild:a.jpg]]", "", "links that show no text (files, categories, languages)"),
        ("[[Soubor:a.JPG|thumb]]", "", "links that show no text (files, categories, languages)"),
        ("[[fr:Danube]]", "", "links that show no text (files, categories, languages)"),
    ],
)  # fmt: skip
def test_links_that_are_none(link, shown, reason):
    report = Report()
    [(text, links)] = parse_wikitext(f"Ein {link} hier.", DE, report)
    assert (text, links) == (f"Ein {shown + ' ' if shown else ''}hier.", [])
    assert report.lost[reason] == 1


def test_letters_after_a_link_belong_to_it():
    for text, anchor in (
        ("[[bus]]es x", "buses"),
        ("[[Schiff]]fahrt", "Schifffahrt"),
        ("[[Schiff|Boot]]e", "Boote"),
        ("[[Schiff]]-fahrt", "Schiff"),
        ("[[Schiff]] fahrt", "Schiff"),
        ("[[Schiff]]2", "Schiff"),
        ("[[Москва|Москв]]ы", "Москвы"),
        ("[[भारत]]ीय है", "भारतीय"),
        ("[[東京]]都", "東京"),
        ("[[서울]]의", "서울"),
        ("[[กรุงเทพ]]นคร", "กรุงเทพ"),
        ("[[東京]]abc", "東京"),
        ("[[Schiff]]<nowiki/>fahrt", "Schiff"),
    ):
        [(_, links)] = read(text)
        assert [found for found, _ in links] == [anchor], text


def test_what_shows_no_text_is_left_out():
    report = Report()
    text = """{{Infobox|name={{lang|de|x}}
|a=b}}
Eins<ref name="x">{{cite|[[Buch]]}}</ref><ref name=y /> zwei<!-- [[geheim]] -->.
{| class=x
|-
| Zelle || [[Donau]]
{|
| innen
|}
|}
== Titel ==
* Punkt [http://example.org eine Seite] und http://example.org/b
** Punkt 2 <math>a^2</math>&nbsp;&ndash; Ende
;Wort: [[Ulm]]
<gallery>
Datei:x.jpg|Bild
</gallery>
<div class="x">
Im <span>Kasten</span>, H<sub>2</sub>O.
</div>
----
{{Navigationsleiste}}
[[Kategorie:Fluss]]
__NOTOC__
"""
    texts = [text for text, _ in parse_wikitext(text, DE, report)]
    assert texts == [
        "Eins zwei.",
        "Punkt eine Seite und",
        "Punkt 2 – Ende",
        "Wort: Ulm",
        "Im Kasten, H2O.",
    ]
    for reason in ("templates", "tables", "headings", "<ref>", "<math>", "<gallery>"):
        assert report.lost[reason], reason


def test_brackets_of_a_template_that_is_gone():
    assert read("Ulm ({{IPA|x}}) und Rom ({{lang|x}}; 1) , ja.")[0][0] == "Ulm und Rom (1), ja."


def test_nowiki_is_text():
    assert read_one("Man schreibt <nowiki>'''*x*'''</nowiki> so.")[0] == "Man schreibt *x* so."
    assert read_one("a <nowiki>[[Donau]]</nowiki> b") == ("a Donau b", [])


def test_apostrophes():
    assert read_one("l''''amour''' et ''vie'', '''''ab'''''")[0] == "l'amour et vie, ab"


def test_variants_of_chinese():
    text = "在-{zh-hans:计算机; zh-hant:電腦}-上-{T|zh:x}-，-{[[东京]]}-。"
    [(paragraph, links)] = parse_wikitext(text, site("zh"))
    assert paragraph == "在计算机上，东京。"
    assert [(paragraph[s:e], key) for s, e, key in links] == [("东京", "zh:东京")]


def test_turkish_capital():
    assert site("tr").target("istanbul") == ("article", "tr:İstanbul")
    assert site("de").target("istanbul") == ("article", "de:Istanbul")
    assert site("ka").target("\u10d0\u10d1") == ("article", "ka:\u10d0\u10d1")


def test_case_sensitive_wiki():
    siteinfo = SiteInfo("xy", "xywiktionary", {}, first_letter=False)
    assert siteinfo.target("haus_tür") == ("article", "xy:haus tür")


def test_a_language_without_a_table():
    siteinfo = parse_siteinfo(
        '<mediawiki xml:lang="cs"><siteinfo><namespaces>'
        '<namespace key="6">Soubor</namespace><namespace key="14">Kategorie</namespace>'
        "</namespaces></siteinfo>"
    )
    assert not siteinfo.known
    text = "[[Soubor:x.jpg|thumb|[[Praha]]]]'''Brno''' je [[město]] v [[Česko|Česk]]u."
    assert read_one(text, siteinfo) == (
        "Brno je město v Česku.",
        [("město", "cs:Město"), ("Česku", "cs:Česko")],
    )


def test_unclosed_brackets_do_not_swallow_the_page():
    text = "{{Infobox\n|a=b\n[[Ulm]] {{x}} liegt.\n[[Donau\n\n{|\nEnde <ref>x\n''nie"
    texts = [text for text, _ in parse_wikitext(text, DE)]
    assert "Ulm liegt." in texts and "nie" in texts
    assert not any(MARKUP.search(text) for text in texts)


@pytest.mark.parametrize(
    "unit",
    ["{{", "[[a|", "<ref>", "{|\n", "{{{{a}}", "[[a]", "<!--", "''", "<b>", "[http://a ", "|}\n"],
)
def test_huge_pages_take_linear_time(unit):
    begin = time.process_time()
    parse_wikitext("Text. " + unit * (200_000 // len(unit)) + "\nEnde.", DE)
    assert time.process_time() - begin < 10


def test_lines_over_the_limit_are_counted():
    report = Report()
    assert parse_wikitext("x" * (MAX_LINE + 1) + "\n\nEnde", DE, report) == [("Ende", [])]
    assert report.lost["lines over the limit of length"] == 1


WORDS = st.sampled_from(["Ulm", "an der", "東京", "Москва", "über", "(", ")", ",", "भारत", "'"])
PLAIN = st.lists(WORDS, max_size=4).map(" ".join)
TITLES = st.sampled_from(["Donau", "donau#Lauf", "Datei:a.jpg", "fr:X", ":en:Ulm", "#x", "", "A|"])
PIECES = st.recursive(
    PLAIN,
    lambda inner: st.one_of(
        st.builds("[[{}|{}]]".format, TITLES, inner),
        st.builds("[[{}]]".format, TITLES),
        st.builds("{{{{Vorlage|{}}}}}".format, inner),
        st.builds("<ref>{}</ref>".format, inner),
        st.builds("<small>{}</small>".format, inner),
        st.builds("''{}''".format, inner),
        st.builds("[http://example.org {}]".format, inner),
        st.builds("\n{{|\n| {}\n|}}\n".format, inner),
        st.builds("\n* {}\n".format, inner),
        st.builds("<!-- {} -->".format, inner),
        st.builds("{} {}".format, inner, inner),
        st.sampled_from(["[[", "]]", "{{", "}}", "{|", "|}", "<ref>", "''", "\n", "&amp;", "-{"]),
    ),
    max_leaves=12,
)  # fmt: skip


@given(PIECES)
@example("[[Donau|()]][[Ulm|) x]]")
@example("[''[Donau]]")
@example("[[Donau|[[]]a]]")
@settings(max_examples=400, deadline=None)
def test_offsets_and_no_markup(text):
    for paragraph, links in parse_wikitext(text, DE):
        assert paragraph and paragraph == paragraph.strip()
        assert not MARKUP.search(paragraph), paragraph
        assert "\n" not in paragraph and "  " not in paragraph
        before = 0
        for start, end, key in links:
            assert before <= start < end <= len(paragraph)
            assert paragraph[start:end] == paragraph[start:end].strip()
            assert re.match(r"(de|en):[^\W_]", key)
            before = end


@given(st.lists(st.tuples(PLAIN, st.sampled_from(["Ulm", "die Stadt", "東京", "Bonn (Rhein)"]))))
@settings(max_examples=200, deadline=None)
def test_anchors_are_what_was_linked(parts):
    """Text between links ends in a space, so that no anchor grows."""
    text = "".join(f"{plain} [[Ziel {i}|{anchor}]] " for i, (plain, anchor) in enumerate(parts))
    found = [(anchor, key) for _, links in read(text) for anchor, key in links]
    assert found == [(anchor, f"de:Ziel {i}") for i, (_, anchor) in enumerate(parts)]


LINES = st.text(alphabet="ab[]|:#/*;=' &<>{}é東\u00a0", max_size=30)
LINKED = st.lists(
    st.one_of(LINES, st.builds("[[{}|{}]]".format, LINES, LINES), st.builds("[[{}]]".format, LINES))
).map("".join)


@given(LINKED)
@settings(max_examples=1500, deadline=None)
def test_the_short_way_is_that_of_the_parser(line):
    short = read_simple(line)
    if short is not None:
        plain = SiteInfo("xx", "", {})
        report = Report()
        assert merged(short) == merged(parse_line(line, plain, report))
        assert not report.lost


def merged(segments):
    """Neighbouring pieces of text as one."""
    result = []
    for text, target in segments:
        if result and target is None and result[-1][1] is None:
            result[-1] = (result[-1][0] + text, None)
        else:
            result.append((text, target))
    return result


@given(st.lists(PIECES, max_size=3).map(" ".join))
@settings(max_examples=300, deadline=None)
def test_templates_and_tables_are_those_of_the_parser(text):
    """Where the parser finds nothing unclosed, both leave out the same."""
    if re.search(r"\[\[|\]\]|<|-\{|\n\n", text):
        return
    code = mwparserfromhell.parse(strip_elements(text, Report()), skip_style_tags=True)
    for node in code.filter_templates(recursive=False) + code.filter_tags(
        recursive=False, matches=lambda tag: tag.tag == "table"
    ):
        code.remove(node)
    rest = str(code)
    if re.search(r"\{\{|\}\}|\{\||\|\}", rest):
        return
    ours = "\n".join(visible_lines(strip_elements(text, Report()), DE, Report()))
    assert ours.split() == rest.split()
