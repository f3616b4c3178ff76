"""Small interwikis and vocabularies, and their sources in all forms."""

import bz2
import gzip
import json
from pathlib import Path
from typing import Any, Dict, List
from xml.sax.saxutils import escape

# item -> language -> title
TITLES = {
    "Q5": {"de": "Mensch", "en": "Human", "be-tarask": "Чалавек"},
    "Q42": {"de": "Douglas Adams", "en": "Douglas Adams", "zh-min-nan": "Douglas Adams"},
    "Q7": {"en": "Ain't \"it\" (a, b); c\\d", "yo": "Ọ̀yọ́"},
}


def labels(path: Path, titles: Dict[str, Dict[str, str]] = TITLES, *more: Dict[str, Any]) -> Path:
    records = [{"qid": item, "labels": names} for item, names in titles.items()]
    path.write_text("".join(json.dumps(record) + "\n" for record in [*records, *more]))
    return path


def sites(titles: Dict[str, str]) -> Dict[str, Dict[str, Any]]:
    names = {"be-tarask": "be_x_old"}
    links = {}
    for lang, title in titles.items():
        site = names.get(lang, lang).replace("-", "_") + "wiki"
        links[site] = {"site": site, "title": title, "badges": []}
    return links


def records() -> List[Dict[str, Any]]:
    items: List[Dict[str, Any]] = [
        {"type": "item", "id": item, "labels": {}, "sitelinks": sites(names)}
        for item, names in TITLES.items()
    ]
    items[0]["sitelinks"]["commonswiki"] = {"site": "commonswiki", "title": "Human", "badges": []}
    return [
        *items,
        {"type": "item", "id": "Q99", "labels": {}, "sitelinks": []},
        {"type": "property", "id": "P31", "labels": {}},
        {"entity": "Q100", "redirect": "Q5"},
    ]


def json_dump(path: Path) -> Path:
    lines = ",\n".join(json.dumps(record) for record in records())
    path.write_bytes(bz2.compress(f"[\n{lines}\n]\n".encode()))
    return path


def xml_dump(path: Path) -> Path:
    pages = "".join(
        f"<page><title>{record.get('id', 'Q100')}</title><ns>0</ns><revision>"
        f"<model>wikibase-{record.get('type', 'item')}</model>"
        f"<text xml:space='preserve'>{escape(json.dumps(record))}</text></revision></page>"
        for record in records()
    )
    xml = (
        '<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.10/"><siteinfo/>'
        f"{pages}</mediawiki>"
    )
    path.write_bytes(gzip.compress(xml.encode()))
    return path


def sql_dump(path: Path, *more: bytes) -> Path:
    """As mysqldump writes it: some rows to a line, quotes and backslashes escaped."""
    rows = list(more)
    for record in records():
        for link in (record.get("sitelinks") or {}).values():
            title = link["title"].replace("\\", "\\\\").replace("'", "\\'").replace('"', '\\"')
            number = record["id"][1:]
            rows.append(f"({len(rows)},{number},'{link['site']}','{title}')".encode())
    begin = b"INSERT INTO `wb_items_per_site` VALUES "
    lines = [
        b"-- MySQL dump 10.19",
        b"CREATE TABLE `wb_items_per_site` (",
        b"  `ips_row_id` bigint(20) unsigned NOT NULL AUTO_INCREMENT,",
        b") ENGINE=InnoDB;",
        *(begin + b",".join(rows[i : i + 3]) + b";" for i in range(0, len(rows), 3)),
        b"-- Dump completed",
    ]
    path.write_bytes(gzip.compress(b"\n".join(lines) + b"\n"))
    return path
