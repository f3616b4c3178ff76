"""What a dump says about its wiki, and what the target of a link means there."""

import html
import re
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from typing import Dict, FrozenSet, Tuple
from urllib.parse import unquote

from ..entities.wiki_names import (
    EVERYWHERE,
    LANGUAGES,
    PROJECTS,
    WIKIPEDIAS,
    Names,
    disambiguation_templates,
)

FILE, MEDIAWIKI, TEMPLATE, CATEGORY = 6, 8, 10, 14

# The names that MediaWiki takes on every wiki beside those in `siteinfo`.
_CANONICAL = {
    **{"media": -2, "special": -1, "talk": 1, "user": 2, "user talk": 3, "project": 4, "wp": 4},
    **{"project talk": 5, "file talk": 7, "image talk": 7, "mediawiki": 8, "mediawiki talk": 9},
    **{"template": 10, "template talk": 11, "help": 12, "help talk": 13, "category talk": 15},
}

# Marks of direction that MediaWiki takes out of titles, and the characters no title has.
_DIRECTION = re.compile("[\u200e\u200f\u202a-\u202e]")
_SPACES = re.compile(r"[ _\t\n\u00a0\u1680\u180e\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+")
_IMPOSSIBLE = re.compile(r"[<>\[\]{}|\n\t\x00-\x1f\ufffd]")
_FILE_NAME = re.compile(r"\.(?:jpe?g|png|svg|gif|tiff?|webp|og[gvax]|web[mp]|djvu|pdf)$", re.I)
# Where MediaWiki's capital of the first letter is another than Unicode's.
_TURKIC = frozenset({"tr", "az", "kaa", "gag", "crh"})

# What a link is to: an article, or why it is none.
ARTICLE = "article"
OTHER_LANGUAGE = "article of another language"
SAME_PAGE = "links within the page"
NAMESPACE = "links to other namespaces"
PROJECT = "links to other projects"
HIDDEN = "links that show no text (files, categories, languages)"
BAD_TITLE = "links whose target is no title"


@dataclass(frozen=True)
class SiteInfo:
    """A wiki.

    lang (str): Its code in links and in Wikidata: its language, for nearly all wikis.
    dbname (str): Its name, like "enwiki".
    namespaces (Dict[str, int]): Lowercased name -> number, without the main namespace.
    first_letter (bool): The first letter of a title is always a capital.
    """

    lang: str
    dbname: str
    namespaces: Dict[str, int]
    first_letter: bool = True

    @property
    def known(self) -> bool:
        """Whether there are names for the language beyond what the dump says."""
        return self.lang in LANGUAGES

    @property
    def disambiguation_templates(self) -> FrozenSet[str]:
        """Titles of templates, without namespace, that mark disambiguation pages."""
        return frozenset(map(self.normalize, disambiguation_templates(self.lang)))

    def normalize(self, title: str) -> str:
        """RETURNS (str): The one spelling of a title of the main namespace."""
        return _spelling(title, self.lang, self.first_letter)

    def namespace(self, title: str) -> int:
        """RETURNS (int): Number of the namespace of a title, by its name; 0 for articles."""
        prefix, colon, _ = title.partition(":")
        return self.namespaces.get(_SPACES.sub(" ", prefix).strip().lower(), 0) if colon else 0

    def target(self, link: str) -> Tuple[str, str]:
        """Find out what a link is to.

        link (str): What stands before the "|" of a link.
        RETURNS (Tuple[str, str]): ARTICLE or OTHER_LANGUAGE and "lang:Title", or the reason
            why it is no link to an article and "".
        """
        if "&" in link:
            link = html.unescape(link)
        if "%" in link:
            link = unquote(link)
        page, section, _ = link.partition("#")
        page = _SPACES.sub(" ", page).strip()
        if not page:
            return (SAME_PAGE if section else BAD_TITLE), ""
        shown = page.startswith(":")
        page = page.lstrip(": ")
        prefix, colon, rest = page.partition(":")
        if colon:
            prefix = prefix.strip().lower()
            namespace = self.namespaces.get(prefix)
            if namespace is not None:
                hidden = namespace in (FILE, CATEGORY) and not shown
                return (HIDDEN if hidden else NAMESPACE), ""
            if prefix in PROJECTS:
                return PROJECT, ""
            if prefix == self.lang:
                page = rest
            elif prefix in WIKIPEDIAS:
                if not shown:
                    return HIDDEN, ""
                title = _spelling(rest, prefix, True)
                bad = not title or _IMPOSSIBLE.search(title)
                return (BAD_TITLE, "") if bad else (OTHER_LANGUAGE, f"{prefix}:{title}")
            elif _FILE_NAME.search(rest) and not shown:
                return HIDDEN, ""
        title = self.normalize(page)
        if not title or _IMPOSSIBLE.search(title):
            return BAD_TITLE, ""
        return ARTICLE, f"{self.lang}:{title}"


def parse_siteinfo(xml: str, lang: str = "") -> SiteInfo:
    """Read the head of a dump.

    xml (str): From <mediawiki ...> to </siteinfo>; broken off or empty if the dump is.
    lang (str): The language if the dump's own is wrong or missing.
    RETURNS (SiteInfo): The wiki. Namespaces have their names in the dump, the English ones, and
        older ones of files and categories where the language is known.
    """
    found = re.search(r'xml:lang="([^"]+)"', xml)
    begin, end = xml.find("<siteinfo>"), xml.find("</siteinfo>")
    root = ElementTree.Element("siteinfo")
    if 0 <= begin < end:
        root = ElementTree.fromstring(xml[begin : end + len("</siteinfo>")])
    dbname = root.findtext("dbname") or ""
    # The code in links and in Wikidata is that of the name: simplewiki is written in "en".
    code = dbname[: -len("wiki")].replace("_", "-") if dbname.endswith("wiki") else ""
    lang = lang or code or (found.group(1) if found else "")
    namespaces = {
        (element.text or "").replace("_", " ").lower(): int(element.get("key", "0"))
        for element in root.iter("namespace")
    }
    for names in (EVERYWHERE, LANGUAGES.get(lang, Names())):
        for number, aliases in ((FILE, names.files), (CATEGORY, names.category)):
            for alias in aliases:
                namespaces.setdefault(alias.lower(), number)
    namespaces = {**_CANONICAL, **namespaces}
    namespaces.pop("", None)
    # The main namespace can differ from the wiki's default.
    case = root.findtext("case") or "first-letter"
    for element in root.iter("namespace"):
        if element.get("key") == "0":
            case = element.get("case") or case
    return SiteInfo(lang, dbname, namespaces, case == "first-letter")


def _capital(letter: str, lang: str) -> str:
    if letter == "i" and lang in _TURKIC:
        return "\u0130"
    # Georgian has capitals in Unicode, but nobody writes titles with them.
    if "\u10d0" <= letter <= "\u10ff":
        return letter
    upper = letter.title()
    return upper if len(upper) == 1 else letter


def _spelling(title: str, lang: str, first_letter: bool) -> str:
    title = _SPACES.sub(" ", _DIRECTION.sub("", title)).strip()
    return _capital(title[0], lang) + title[1:] if first_letter and title else title
