"""Mentions of known entities in any text."""

from typing import Dict, Iterator, List, Literal, Optional, Sequence, Tuple

import numpy as np
from numpy.typing import NDArray
from spacy.tokens import Doc

from ..language import get_language
from ..text.arrays import Ints2d, as_spans, ints
from .alias_part import AliasPart
from .aliases import AliasDictionary
from .fragments import are_fragments
from .matching import Matches
from .occurrences import BATCH_CHARS
from .paragraphs import Link
from .token_units import shared_units
from .units import Steps, TextUnits, cut

# In a batch of docs.
BATCH_TOKENS = 200_000

Missing = Literal["error", "ignore"]


class MentionDetector:
    """Finds the longest aliases in a text, from left to right.

    aliases (AliasDictionary): The dictionary.
    min_link_probability (float): Aliases below it are no mentions.
    min_fragment_probability (float): The same for those that stand beside another capitalised word
        and so may be a part of a longer name; above 1 for no such mentions, 0 for no difference.
    lang (Optional[str]): Language of all texts; `None` for the one each is tagged with.
    missing (Missing): What a text in a language without aliases gets: "error", or "ignore" for no
        mentions.
    """

    def __init__(
        self,
        aliases: AliasDictionary,
        *,
        min_link_probability: float = 0.1,
        min_fragment_probability: float = 0.5,
        lang: Optional[str] = None,
        missing: Missing = "error",
    ) -> None:
        self.aliases = aliases
        self.min_link_probability = min_link_probability
        self.min_fragment_probability = min_fragment_probability
        self.lang = lang
        self.missing = missing

    def detect(self, docs: Sequence[Doc]) -> List[Ints2d]:
        """Find mentions in docs. They begin and end where tokens do.

        docs (Sequence[Doc]): The docs.
        RETURNS (List[Ints2d]): Shape (n, 2) each, token spans in order, without overlaps.
        RAISES (ValueError): If a doc's language is not in the dictionary, unless it is ignored.
        """
        result = [as_spans([])] * len(docs)
        by_lang: Dict[str, List[int]] = {}
        if self.lang is not None:
            by_lang[self.lang] = list(range(len(docs)))
        else:
            for number, doc in enumerate(docs):
                by_lang.setdefault(get_language(doc), []).append(number)
        for lang, numbers in by_lang.items():
            part = self._part(lang)
            if part is not None and numbers:
                for low, high in _batches([len(docs[number]) for number in numbers], BATCH_TOKENS):
                    chosen = numbers[low:high]
                    for row, spans in self._spans(part, [docs[number] for number in chosen]):
                        result[chosen[row]] = spans
        return result

    def _spans(self, part: AliasPart, docs: List[Doc]) -> Iterator[Tuple[int, Ints2d]]:
        """Number and spans of each doc that has some."""
        steps = shared_units().of(docs)
        mentions = self._mentions(part, steps, part.first_values(steps))
        first, last = steps.first[mentions.starts], steps.last[mentions.stops - 1]
        cuts = np.searchsorted(first, steps.docs)
        lengths = np.diff(cuts)
        shift = np.repeat(steps.docs[:-1], lengths)
        spans = ints(np.stack([first - shift, last + 1 - shift], axis=1))
        edges = cuts.tolist()
        for row in lengths.nonzero()[0].tolist():
            yield row, spans[edges[row] : edges[row + 1]]

    def annotate(self, text: str, lang: str) -> List[Link]:
        """Find mentions in raw text.

        text (str): The text.
        lang (str): Its language.
        RETURNS (List[Link]): Start and end character and most frequent entity of each mention, in
            order, without overlaps.
        """
        return self.annotate_all([text], lang)[0]

    def annotate_all(self, texts: Sequence[str], lang: str) -> List[List[Link]]:
        """Find mentions in many texts at once, which is faster than one by one.

        texts (Sequence[str]): The texts.
        lang (str): Their language.
        RETURNS (List[List[Link]]): The mentions of each, see `annotate`.
        """
        part = self._part(lang)
        if part is None:
            return [[] for _ in texts]
        result: List[List[Link]] = []
        for low, high in _batches([len(text) for text in texts], BATCH_CHARS):
            units = cut(texts[low:high])
            result.extend(self._links(part, units, self._mentions(part, units)))
        return result

    def _part(self, lang: str) -> Optional[AliasPart]:
        if self.missing == "ignore" and lang not in self.aliases.languages:
            return None
        return self.aliases.part(lang)

    def _mentions(
        self, part: AliasPart, steps: Steps, first: Optional[NDArray[np.int32]] = None
    ) -> Matches:
        """The longest matches that are likely enough, from left to right.

        first (Optional[NDArray[np.int32]]): What is known of the steps, see `AliasIndex.match`.
        """
        highest = part.arrays["group_highest"]
        matches = part.index.match(steps, highest, self.min_link_probability, first)
        probabilities = part.probabilities(matches.groups, matches.rows)
        likely = probabilities >= self.min_link_probability
        likely &= (probabilities >= self.min_fragment_probability) | ~are_fragments(steps, matches)
        matches = matches.where(likely)
        # They are ordered by length where they start alike, so the last of these is the longest.
        longest = np.append(matches.starts[1:] != matches.starts[:-1], True)[: len(matches)]
        matches = matches.where(longest)
        return matches.where(apart(matches.starts, matches.stops))

    def _links(self, part: AliasPart, units: TextUnits, mentions: Matches) -> List[List[Link]]:
        links: List[List[Link]] = [[] for _ in units.texts[1:]]
        starts = units.starts[mentions.starts]
        texts = units.text_of(starts)
        shift = units.texts[texts]
        ends = units.ends[mentions.stops - 1] - shift
        numbers = part.best(mentions.groups, mentions.rows)
        known, inverse = np.unique(numbers, return_inverse=True)
        keys = [self.aliases.key(number) for number in known.tolist()]
        for text, start, end, key in zip(
            texts.tolist(), (starts - shift).tolist(), ends.tolist(), inverse.reshape(-1).tolist()
        ):
            links[text].append((start, end, keys[key]))
        return links


def apart(starts: NDArray[np.int64], stops: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which of some spans are taken from left to right, so that none overlap.

    starts (NDArray[np.int64]), stops (NDArray[np.int64]): Shape (n,), the spans, each beginning
        behind the beginning of the one before.
    RETURNS (NDArray[np.bool_]): Shape (n,).
    """
    kept = np.ones(len(starts), dtype=bool)
    last = dropped = -1
    # All others begin behind whatever stands before them.
    overlapping = (starts[1:] < np.maximum.accumulate(stops)[:-1]).nonzero()[0] + 1
    for n in overlapping.tolist():
        if n - 1 != dropped:
            last = n - 1
        if starts[n] < stops[last]:
            kept[n], dropped = False, n
    return kept


def _batches(lengths: Sequence[int], size: int) -> Iterator[Tuple[int, int]]:
    """Runs of texts of about a size together."""
    ends = np.cumsum(lengths, dtype=np.int64)
    numbers = (ends - lengths) // size
    edges = np.flatnonzero(np.diff(numbers, prepend=-1, append=-1)).tolist()
    return zip(edges, edges[1:])
