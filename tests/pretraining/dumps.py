"""Dumps that tests write."""

from xml.sax.saxutils import escape

HEAD = """<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/" xml:lang="{lang}">
  <siteinfo>
    <sitename>Wikipedia</sitename>
    <dbname>{lang}wiki</dbname>
    <case>first-letter</case>
    <namespaces>
      <namespace key="0" case="first-letter" />
      <namespace key="4" case="first-letter">Wikipedia</namespace>
      <namespace key="6" case="first-letter">Datei</namespace>
      <namespace key="8" case="first-letter">MediaWiki</namespace>
      <namespace key="10" case="first-letter">Vorlage</namespace>
      <namespace key="14" case="first-letter">Kategorie</namespace>
    </namespaces>
  </siteinfo>
"""
NAMESPACES = {"Wikipedia": 4, "Datei": 6, "MediaWiki": 8, "Vorlage": 10, "Kategorie": 14}


def page(title, text, *, number=1, redirect="", model="wikitext", ns=None):
    if ns is None:
        ns = NAMESPACES.get(title.partition(":")[0], 0)
    to = f'<redirect title="{escape(redirect)}" />' if redirect else ""
    return (
        f"  <page>\n    <title>{escape(title)}</title>\n    <ns>{ns}</ns>\n    <id>{number}</id>\n"
        f"    {to}<revision><id>7</id><model>{model}</model>"
        f'<text xml:space="preserve">{escape(text)}</text></revision>\n  </page>\n'
    )


def dump(*pages, lang="de"):
    """The bytes of a dump."""
    return (HEAD.format(lang=lang) + "".join(pages) + "</mediawiki>\n").encode("utf8")


def many_pages(n, lines=8):
    """Articles that are all different, with redirects between them."""
    pages = []
    for i in range(n):
        text = "\n\n".join(
            f"Absatz {j} der Seite {i} mit [[Seite {(i + j) % n}|Wort]]ern und [[Weg {i}]]."
            f"{{{{Vorlage|{j}}}}}<ref>{i}</ref>"
            for j in range(lines)
        )
        pages.append(page(f"Seite {i}", text, number=i))
        pages.append(page(f"Weg {i}", "", redirect=f"Seite {i * 7 % n}"))
    return pages
