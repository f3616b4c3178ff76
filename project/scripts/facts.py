"""Make training data for relations and links of paragraphs whose links are known.

Relations: facts of Natural Earth (public domain) about places, found in sentences where both places
are linked (distant supervision, Mintz et al. 2009): `capital_of` and `located_in`. A pair of places
that no fact connects counts as unrelated, so what Natural Earth does not have is learned as wrong.

Links: sentences with links that people have set, to entities that have a row in the table of the
encoder.
"""

import argparse
import csv
import io
import tarfile
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any, Dict, Iterable, Iterator, List, Sequence, Set, Tuple

import srsly
from tqdm import tqdm  # type: ignore[import-untyped]

from spacy_mluke.entities.alias_links import with_items
from spacy_mluke.entities.interwiki import Interwiki
from spacy_mluke.entities.link_counts import language_paths
from spacy_mluke.entities.paragraphs import Link, Paragraph, read_paragraphs
from spacy_mluke.entities.vocabulary import EntityVocabulary
from spacy_mluke.files import atomic_path
from spacy_mluke.held_out import point_of
from spacy_mluke.pretraining.sentences import SentenceSplitter

CAPITAL, LOCATED = "capital_of", "located_in"
SPLITS = ("train", "dev", "test")
# Share of the facts or pages of the split "dev"
DEV = 0.03
# Sentences of places without a fact that are kept: there are many more of them
WITHOUT_FACTS = 0.3

Facts = Dict[Tuple[str, str], str]
Record = Dict[str, Any]


def read_table(archive: tarfile.TarFile, name: str) -> Iterator[Dict[str, str]]:
    """Rows of a table, with names of columns in small letters: they differ between tables."""
    file = archive.extractfile(f"csv_with_names/{name}.csv")
    assert file is not None
    for row in csv.DictReader(io.TextIOWrapper(file, encoding="utf8")):
        yield {key.lower(): value for key, value in row.items()}


def read_facts(path: Path) -> Facts:
    """What Natural Earth says of places.

    path (Path): The archive of its tables.
    RETURNS (Facts): Relation by the items of its head and tail.
    """
    facts: Facts = {}

    def add(head: str, tail: str, label: str = LOCATED) -> None:
        if head and tail and head != tail:
            facts[head, tail] = label

    with tarfile.open(path) as archive:
        continents = {
            row["name"].title(): row["wikidataid"]
            for row in read_table(archive, "50m_physical/ne_50m_geography_regions_polys")
            if row["featurecla"] == "Continent"
        }
        countries: Dict[str, str] = {}
        for row in read_table(archive, "10m_cultural/ne_10m_admin_0_countries"):
            countries[row["adm0_a3"]] = row["wikidataid"]
            add(row["wikidataid"], continents.get(row["continent"], ""))
        provinces: Dict[Tuple[str, str], str] = {}
        for row in read_table(archive, "10m_cultural/ne_10m_admin_1_states_provinces"):
            provinces[row["adm0_a3"], row["name"]] = row["wikidataid"]
            add(row["wikidataid"], countries.get(row["adm0_a3"], ""))
        for row in read_table(archive, "10m_cultural/ne_10m_admin_2_counties"):
            add(row["wikidataid"], countries.get(row["adm0_a3"], ""))
        for row in read_table(archive, "50m_cultural/ne_50m_populated_places"):
            label = CAPITAL if row["featurecla"] == "Admin-0 capital" else LOCATED
            add(row["wikidataid"], countries.get(row["adm0_a3"], ""), label)
            add(row["wikidataid"], provinces.get((row["adm0_a3"], row["adm1name"]), ""))
    return facts


def sentences(paragraph: Paragraph, splitter: SentenceSplitter) -> Iterator[Paragraph]:
    """The sentences of a paragraph that hold a link whole."""
    start = 0
    for end in splitter.ends(paragraph.text):
        text = paragraph.text[start:end]
        left = start + len(text) - len(text.lstrip())
        links = [
            (first - left, last - left, key)
            for first, last, key in paragraph.links
            if left <= first and last <= end
        ]
        start = end
        if links:
            page = paragraph.page or paragraph.text
            yield Paragraph(text.strip(), links, page, paragraph.source)


class Split:
    """Divides by hash. What has a low one is held out, as by `mluke dataset --held-out`: with equal
    share and seed the pages of the test are those that pretraining has not seen.

    held_out (float): Share of the split "test".
    seed (int): Another seed divides otherwise.
    """

    def __init__(self, held_out: float, seed: int) -> None:
        self.held_out = held_out
        self.seed = seed

    def __call__(self, key: str) -> str:
        point = point_of(key, self.seed)
        return SPLITS[(point < self.held_out + DEV) + (point < self.held_out)]


def fact_records(
    found: Iterable[Paragraph], facts: Facts, places: Set[str], lang: str, split: Split
) -> Iterator[Tuple[str, Record]]:
    """Sentences of two places or more, with their split: that of the first item of a fact, so that
    the places that are asked about have not been heads in training.
    """
    for sentence in found:
        known = [link for link in sentence.links if link[2] in places]
        if len({key for _, _, key in known}) < 2:
            continue
        relations: List[Tuple[int, int, str]] = [
            (i, j, facts[head[2], tail[2]])
            for i, head in enumerate(known)
            for j, tail in enumerate(known)
            if (head[2], tail[2]) in facts
        ]
        heads = {split(known[i][2]) for i, _, _ in relations}
        if not heads and point_of(sentence.text, split.seed + 1) >= WITHOUT_FACTS:
            continue
        # One that has facts of two splits would show the one to the other.
        if len(heads) > 1:
            continue
        ents = [[start, end, "LOC"] for start, end, _ in known]
        record = {"text": sentence.text, "lang": lang, "ents": ents, "relations": relations}
        yield heads.pop() if heads else split(sentence.text), {**record, "partial": True}


def link_records(
    found: Iterable[Paragraph], rows: EntityVocabulary, lang: str, split: Split
) -> Iterator[Tuple[str, Record]]:
    """Sentences with links to entities of the table, with the split of their page."""
    for sentence in found:
        known = rows.rows([key for _, _, key in sentence.links])
        links: List[Link] = [
            (start, end, rows.key(row))
            for (start, end, _), row in zip(sentence.links, known.tolist())
            if row >= 0
        ]
        if links:
            record: Record = {"text": sentence.text, "lang": lang, "relations": None}
            part = split(sentence.page)
            if part == SPLITS[0]:
                record.update(ents=[], partial=True, links=links)
            else:  # to evaluate on, the mentions are given
                record["ents"] = [[start, end, "NAME", key] for start, end, key in links]
            yield part, record


def write(folder: Path, records: Iterable[Tuple[str, Record]], limit: int, lang: str) -> Counter:
    """Write the first records of each split, one file a language."""
    by_split: Dict[str, List[Record]] = defaultdict(list)
    for split, record in records:
        if len(by_split[split]) < limit:
            by_split[split].append(record)
    counts: Counter = Counter()
    for split in SPLITS:
        chosen = by_split[split]
        (folder / split).mkdir(parents=True, exist_ok=True)
        with atomic_path(folder / split / f"{lang}.jsonl") as path:
            srsly.write_jsonl(path, chosen)
        counts[split] += len(chosen)
        for record in chosen:
            counts.update(label for _, _, label in record["relations"] or ())
            counts["links"] += len(record.get("links", ()))
            counts["entities"] += len(record["ents"])
    return counts


def main() -> None:
    """Training data for relations or for links."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("kind", choices=("facts", "links"))
    parser.add_argument("paragraphs", type=Path, nargs="+")
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--interwiki", type=Path, required=True)
    parser.add_argument("--natural-earth", type=Path, help="its tables; of facts")
    parser.add_argument("--entities", type=Path, help="entity vocabulary; of links")
    parser.add_argument("--sources", default="", help="texts whose links people have set; of links")
    parser.add_argument("--held-out", type=float, required=True, help="share of the test")
    parser.add_argument("--limit", type=int, default=100_000, help="sentences of a language")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    interwiki, split = Interwiki.open(args.interwiki), Split(args.held_out, args.seed)
    if args.kind == "facts":
        facts = read_facts(args.natural_earth)
        places = {item for pair in facts for item in pair}
    else:
        rows = EntityVocabulary.open(args.entities)
    sources: Sequence[str] = args.sources.split(",") if args.sources else ()
    for lang, paths in language_paths(args.paragraphs).items():
        splitter = SentenceSplitter(lang)
        read = (one for path in paths for one in read_paragraphs(path, sources=sources))
        linked = with_items((one for one in read if one.links), interwiki)
        found = (one for paragraph in linked for one in sentences(paragraph, splitter))
        found = tqdm(found, desc=lang, unit=" sentences", disable=None)
        if args.kind == "facts":
            records = fact_records(found, facts, places, lang, split)
        else:
            records = link_records(found, rows, lang, split)
        print(lang, dict(write(args.output, records, args.limit, lang)))


if __name__ == "__main__":
    main()
