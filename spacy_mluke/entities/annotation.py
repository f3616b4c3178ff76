"""Mentions added to paragraphs as data for pretraining, where their entities should be right.

A text can stand for several entities. Within a page it nearly always stands for one (Gale et al.
1992, "One sense per discourse"), and writers of Wikipedia link it where they first use it. So a
page's own links say what their texts stand for in the rest of the page. Where the page says
nothing, it is the most frequent entity, or none, if others are too frequent as well.
"""

from dataclasses import replace
from itertools import count, groupby
from typing import Dict, Iterable, Iterator, List, Tuple

import numpy as np

from ..report import Report
from .detection import MentionDetector
from .occurrences import in_page_batches
from .page_links import normal, page_candidates
from .paragraphs import Link, Paragraph

# Paragraphs of a page, each with the mentions that were found in it
Page = List[Tuple[Paragraph, List[Link]]]


class Annotator:
    """Adds mentions to paragraphs of one language.

    detector (MentionDetector): Finds the mentions.
    lang (str): The language.
    min_prior (float): Share of the links of a text that its most frequent entity must have, where
        the page does not say which is meant; 0 for any.
    report (Report): Counts what is added and left out.
    """

    def __init__(
        self, detector: MentionDetector, lang: str, *, min_prior: float, report: Report
    ) -> None:
        self.detector = detector
        self.lang = lang
        self.min_prior = min_prior
        self.report = report
        self._priors: Dict[str, float] = {}

    def __call__(self, paragraphs: Iterable[Paragraph]) -> Iterator[Paragraph]:
        """Add mentions. Links that are there stay; a mention that overlaps one is left out.

        paragraphs (Iterable[Paragraph]): The paragraphs; neighbouring ones of a page belong
            together.
        YIELDS (Paragraph): The paragraphs with all links.
        """
        for batch, numbers in in_page_batches(paragraphs):
            found = self.detector.annotate_all([one.text for one in batch], self.lang)
            # What does not say which page it is from stands alone.
            pages = [number if one.page else -n for n, one, number in zip(count(), batch, numbers)]
            for _, group in groupby(zip(pages, batch, found), key=lambda part: part[0]):
                yield from self._annotate([(paragraph, links) for _, paragraph, links in group])

    def _annotate(self, page: Page) -> Iterator[Paragraph]:
        links = [
            (paragraph.text[start:end], entity)
            for paragraph, _ in page
            for start, end, entity in paragraph.links
        ]
        senses = page_candidates(links, self.detector.aliases, self.lang)
        for paragraph, mentions in page:
            added: List[Link] = []
            for start, end, entity in _beside(paragraph.links, mentions):
                text = paragraph.text[start:end]
                sense = senses.get(normal(text))
                if sense is not None:
                    added.append((start, end, sense))
                    self.report.keep("mentions with the entity the page links")
                elif self._prior(text) >= self.min_prior:
                    added.append((start, end, entity))
                    self.report.keep("mentions with their most frequent entity")
                else:
                    self.report.lose("mentions of texts with several entities", where=text)
            self.report.keep("links", len(paragraph.links))
            yield replace(paragraph, links=sorted([*paragraph.links, *added]))

    def _prior(self, text: str) -> float:
        prior = self._priors.get(text)
        if prior is None:
            prior = self.detector.aliases.candidates(text, self.lang)[0].prior
            self._priors[text] = prior
        return prior


def _beside(links: List[Link], found: List[Link]) -> List[Link]:
    """Those found that overlap none of the links."""
    starts = [start for start, _, _ in links]
    ends = [0, *(end for _, end, _ in links)]
    # The number of links that begin before a mention ends tells the one it could overlap.
    before = np.searchsorted(starts, [end for _, end, _ in found], side="left")
    return [link for link, n in zip(found, before.tolist()) if ends[n] <= link[0]]
