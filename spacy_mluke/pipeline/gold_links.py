"""Gold links of examples, on the tokens of the predicted Docs."""

from typing import Callable, List, Optional, Sequence

import numpy as np
from spacy.tokens import Span
from spacy.training import Example
from thinc.types import Ints1d

from ..links import LINKS_KEY, NIL
from ..report import Report


class GoldLinks:
    """The mentions of a batch that somebody linked, or marked as no known entity (NIL).

    Mentions are entities and the spans of the group "links", which are of any type of name. One
    whose `kb_id_` is empty has not been annotated and does not count.

    examples (Sequence[Example]): The batch.
    key (Optional[str]): Span group of the mentions; `None` for `doc.ents`.
    """

    def __init__(self, examples: Sequence[Example], key: Optional[str]) -> None:
        self.mentions: List[List[Span]] = []
        self.kb_ids: List[str] = []
        self.n_lost = 0
        for eg in examples:
            if key is None:
                gold = [*eg.reference.ents, *eg.reference.spans.get(LINKS_KEY, [])]
            else:
                gold = list(eg.reference.spans.get(key, []))
            found = []
            for span in gold:
                if not span.kb_id_:
                    continue
                aligned = eg.get_aligned_spans_y2x([span], allow_overlap=True)
                if not aligned:
                    self.n_lost += 1
                    continue
                found.append(aligned[0])
                self.kb_ids.append(span.kb_id_)
            self.mentions.append(found)

    @property
    def n_mentions(self) -> int:
        """RETURNS (int): Number of mentions in the batch."""
        return len(self.kb_ids)

    def targets(self, keys: Sequence[List[str]], rows: Callable[[str], int]) -> Ints1d:
        """Which candidate is right.

        keys (Sequence[List[str]]): Candidates of each mention.
        rows (Callable): Row of the table by key, -1 if there is none: two keys may name one row.
        RETURNS (Ints1d): (n_mentions,) 0 if none of them is, i + 1 for candidate i.
        """
        targets = np.zeros(self.n_mentions, dtype="int64")
        for i, (gold, candidates) in enumerate(zip(self.kb_ids, keys)):
            if gold == NIL:
                continue
            if gold not in candidates:
                row = rows(gold)
                same = [key for key in candidates if row >= 0 and rows(key) == row]
                gold = same[0] if same else gold
            if gold in candidates:
                targets[i] = candidates.index(gold) + 1
        return targets

    def count(self, report: Report, keys: Sequence[List[str]], rows: Callable[[str], int]) -> None:
        """Count what can be learned of the mentions, and what is lost.

        report (Report): Gets the counts.
        keys (Sequence[List[str]]): Candidates of each mention.
        rows (Callable): Row of the table by key.
        """
        report.lose("mentions that do not fall on token boundaries", self.n_lost)
        mentions = [span for spans in self.mentions for span in spans]
        targets = self.targets(keys, rows)
        for span, gold, candidates, target in zip(mentions, self.kb_ids, keys, targets.tolist()):
            where = f"{span.text!r} ({gold})"
            if target or gold == NIL:
                report.keep("mentions of no known entity" if gold == NIL else "linked mentions")
            elif rows(gold) < 0:
                report.lose("links to entities that the table does not have", where=where)
            elif not candidates:
                report.lose("links of mentions without candidates", where=where)
            else:
                report.lose("links to entities that are not among the candidates", where=where)
