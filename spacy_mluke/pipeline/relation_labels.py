"""Relation labels in both directions as classes of a pair: targets, loss and decoding."""

from typing import Iterable, Iterator, List, Mapping, Sequence, Tuple

import numpy as np
import numpy.typing as npt

from ..errors import Errors
from .gold_relations import PairRelation
from .softmax import log_softmax, softmax

Floats = npt.NDArray[np.float32]


class RelationLabels:
    """Columns of a pair's scores.

    With one relation a pair: no relation, then each label from the first mention to the second,
    then each label from the second to the first. With several: the same without "no relation".

    labels (Sequence[str]): The labels.
    multi_label (bool): Whether a pair can have several.
    """

    def __init__(self, labels: Sequence[str], multi_label: bool) -> None:
        self.labels = list(labels)
        self.multi_label = multi_label
        self._base = 0 if multi_label else 1

    @property
    def n_columns(self) -> int:
        """RETURNS (int): Number of columns."""
        return self._base + 2 * len(self.labels)

    def targets(self, relations: Iterable[PairRelation], n_pairs: int, name: str) -> Floats:
        """Gold classes of pairs.

        relations (Iterable[PairRelation]): The gold relations.
        n_pairs (int): Number of pairs.
        name (str): The component, for messages.
        RETURNS (Floats): (n_pairs, n_columns) of 0 and 1.
        RAISES (ValueError): If a label is unknown.
        """
        column = {label: i for i, label in enumerate(self.labels)}
        targets = np.zeros((n_pairs, self.n_columns), dtype="float32")
        for rel in relations:
            if rel.label not in column:
                known = ", ".join(self.labels)
                raise ValueError(
                    Errors.M420.format(
                        label=rel.label, head=rel.head, tail=rel.tail, name=name, labels=known
                    )
                )
            shift = 0 if rel.forward else len(self.labels)
            if not self.multi_label:
                targets[rel.pair] = 0.0
            targets[rel.pair, self._base + shift + column[rel.label]] = 1.0
        if not self.multi_label:
            targets[:, 0] = 1.0 - targets[:, 1:].sum(axis=1)
        return targets

    def loss(self, logits: Floats, targets: Floats, weight: float = 1.0) -> Tuple[float, Floats]:
        """Cross-entropy and its gradient.

        logits (Floats): (n_pairs, n_columns).
        targets (Floats): (n_pairs, n_columns).
        weight (float): Factor on both.
        RETURNS (Tuple[float, Floats]): The loss, and the gradient of the logits.
        """
        gradient = self.probabilities(logits) - targets
        if self.multi_label:
            loss = np.logaddexp(0.0, logits) - targets * logits
        else:
            loss = -targets * log_softmax(logits)
        return float(loss.sum()) * weight, (gradient * weight).astype("float32")

    def probabilities(self, logits: Floats) -> Floats:
        """RETURNS (Floats): (n_pairs, n_columns) probabilities."""
        if self.multi_label:
            return 0.5 * (1.0 + np.tanh(0.5 * logits))
        return softmax(logits)

    def mask_types(
        self,
        logits: Floats,
        types: Sequence[Tuple[str, str]],
        allowed: Mapping[str, Sequence[Sequence[str]]],
    ) -> Floats:
        """Rule out relations between entities of types they cannot have.

        logits (Floats): (n_pairs, n_columns).
        types (Sequence[Tuple[str, str]]): Entity labels of the pairs, in the order of the text.
        allowed (Mapping[str, Sequence[Sequence[str]]]): Head and tail labels of a relation label.
        RETURNS (Floats): The logits with minus infinity in the ruled out columns.
        """
        logits = logits.copy()
        for i, label in enumerate(self.labels):
            if label not in allowed:
                continue
            pairs = {tuple(pair) for pair in allowed[label]}
            for direction, swap in enumerate((False, True)):
                wrong = [(t[::-1] if swap else t) not in pairs for t in types]
                logits[wrong, self._base + direction * len(self.labels) + i] = -np.inf
        return logits

    def decode(
        self, logits: Floats, threshold: float
    ) -> Iterator[Tuple[int, str, bool, float]]:
        """Turn scores to relations.

        logits (Floats): (n_pairs, n_columns).
        threshold (float): Least probability. With several relations a pair it is at least 0.5
            when 0 is given.
        YIELDS (Tuple[int, str, bool, float]): Pair, label, whether it goes from the first mention
            to the second, and probability.
        """
        if not len(logits):
            return
        probs = self.probabilities(logits)
        cells: List[Tuple[int, int]]
        if self.multi_label:
            cells = [(int(i), int(j)) for i, j in np.argwhere(probs >= (threshold or 0.5))]
        else:
            best = probs.argmax(axis=1)
            cells = [
                (i, j)
                for i, j in enumerate(best.tolist())
                if j > 0 and probs[i, j] >= threshold
            ]
        for row, column in cells:
            direction, label = divmod(column - self._base, len(self.labels))
            yield row, self.labels[label], direction == 0, float(probs[row, column])
