"""How well mentions and their entities are found, against the links that people set.

A link counts as found if a mention has its boundaries, and as right if its entity is the same too.
Writers of Wikipedia link an entity where it is first named, and by no means all of them, so a
mention that is no link need not be wrong: precision is a lower bound. Recall and the share of right
senses among the found are not touched by this.
"""

from collections import defaultdict
from dataclasses import asdict, dataclass
from typing import Any, Dict, Iterable, List

from wasabi import table

from ..entities.detection import MentionDetector
from ..entities.occurrences import in_batches
from ..entities.paragraphs import Link, Paragraph


@dataclass
class MentionCounts:
    """Counts of one language.

    links (int): Links that people set.
    mentions (int): Mentions that were found.
    found (int): Mentions with the boundaries of a link.
    right (int): Of these, those with its entity.
    known (int): Links whose text and entity are in the dictionary: no more can be right.
    characters (int): Length of the texts.
    """

    links: int = 0
    mentions: int = 0
    found: int = 0
    right: int = 0
    known: int = 0
    characters: int = 0

    def scores(self) -> Dict[str, float]:
        """RETURNS (Dict[str, float]): Precision, recall and F1 of spans and of spans with entity,
        the share of right entities in found spans, and that of links that could be found.
        """
        result = {}
        for name, right in (("span", self.found), ("entity", self.right)):
            precision, recall = _ratio(right, self.mentions), _ratio(right, self.links)
            result[f"{name}_p"] = precision
            result[f"{name}_r"] = recall
            result[f"{name}_f"] = _ratio(2 * precision * recall, precision + recall)
        result["sense_accuracy"] = _ratio(self.right, self.found)
        result["known"] = _ratio(self.known, self.links)
        return result


def evaluate_mentions(
    detector: MentionDetector, paragraphs: Iterable[Paragraph], lang: str
) -> MentionCounts:
    """Compare mentions with links.

    detector (MentionDetector): Finds the mentions.
    paragraphs (Iterable[Paragraph]): Paragraphs with the links of people; those without any say
        nothing and are left out.
    lang (str): Their language.
    RETURNS (MentionCounts): The counts.
    """
    counts = MentionCounts()
    for batch in in_batches(paragraph for paragraph in paragraphs if paragraph.links):
        found = detector.annotate_all([paragraph.text for paragraph in batch], lang)
        for paragraph, mentions in zip(batch, found):
            _compare(counts, paragraph.links, mentions)
            counts.characters += len(paragraph.text)
            for start, end, entity in paragraph.links:
                candidates = detector.aliases.candidates(paragraph.text[start:end], lang)
                counts.known += any(candidate.entity == entity for candidate in candidates)
    return counts


def _compare(counts: MentionCounts, links: List[Link], mentions: List[Link]) -> None:
    entities = {(start, end): entity for start, end, entity in links}
    counts.links += len(links)
    counts.mentions += len(mentions)
    for start, end, entity in mentions:
        counts.found += (start, end) in entities
        counts.right += entities.get((start, end)) == entity


def mentions_table(results: Dict[str, MentionCounts]) -> str:
    """The results as text in columns.

    results (Dict[str, MentionCounts]): Counts by language.
    RETURNS (str): A row for each language and one for all.
    """
    rows = []
    for lang, counts in {**results, "all": total(results.values())}.items():
        scores = counts.scores()
        rows.append([lang, counts.links, counts.mentions, *(f"{s:.1%}" for s in scores.values())])
    header = ["", "links", "mentions", *MentionCounts().scores()]
    return table(rows, header=header, divider=True, aligns=["l", *"r" * (len(header) - 1)])


def mentions_report(results: Dict[str, MentionCounts]) -> Dict[str, Any]:
    """The results as plain data, for a JSON file.

    results (Dict[str, MentionCounts]): Counts by language.
    RETURNS (Dict[str, Any]): Counts and scores by language, and of "all".
    """
    everything = {**results, "all": total(results.values())}
    return {lang: {**asdict(counts), **counts.scores()} for lang, counts in everything.items()}


def total(results: Iterable[MentionCounts]) -> MentionCounts:
    """RETURNS (MentionCounts): The sum of counts."""
    sums: Dict[str, int] = defaultdict(int)
    for counts in results:
        for name, n in asdict(counts).items():
            sums[name] += n
    return MentionCounts(**sums)


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
