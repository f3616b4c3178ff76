"""Directed relations between entities."""

import warnings
from typing import (
    Any,
    Callable,
    Dict,
    Iterable,
    List,
    Mapping,
    NamedTuple,
    Optional,
    Sequence,
    Tuple,
)

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.training import Example
from spacy.vocab import Vocab
from thinc.api import Optimizer, set_dropout_rate
from thinc.types import Floats2d, Ints2d

from ..errors import Errors, Warnings
from ..layers.pair_classifier import PairModel
from ..layers.start import start_weights
from ..relations import Relation, register_extensions, set_relations
from ..text.pairs import PairGetter
from .gold_relations import GoldPairs
from .labelled_pipe import LabelledPipe
from .relation_labels import RelationLabels


class ScoredPairs(NamedTuple):
    """Pairs of mentions and their scores.

    mentions (List[List[Span]]): Mentions of each Doc, sorted.
    pairs (List[Ints2d]): Indices of two mentions of each Doc, (n_i, 2).
    logits (Floats2d): (sum of n_i, n_classes).
    """

    mentions: List[List[Span]]
    pairs: List[Ints2d]
    logits: Floats2d


class MLukeRelations(LabelledPipe):
    """Finds relations between the entities of a Doc: sets `doc._.relations`.

    A pair of entities is classified once, in the order of the text; the classes are the labels in
    either direction, and no relation (paper, section on relation classification).

    vocab (Vocab): The shared vocabulary.
    model (PairModel): Scores of pairs.
    name (str): Name of the component.
    pair_getter (PairGetter): Proposes pairs of entities.
    threshold (float): Least probability of a relation.
    multi_label (bool): Whether a pair can have several relations.
    types (Optional[Mapping[str, Sequence[Sequence[str]]]]): For a label, the pairs of head and
        tail entity labels it can have; a label that is not there can have any.
    scorer (Optional[Callable]): The scoring method.
    """

    def __init__(
        self,
        vocab: Vocab,
        model: PairModel,
        name: str = "mluke_relations",
        *,
        pair_getter: PairGetter,
        threshold: float = 0.0,
        multi_label: bool = False,
        types: Optional[Mapping[str, Sequence[Sequence[str]]]] = None,
        scorer: Optional[Callable] = None,
    ) -> None:
        if not 0 <= threshold <= 1:
            raise ValueError(Errors.M407.format(threshold=threshold))
        self.vocab = vocab
        self.model = model
        self.name = name
        self.pair_getter = pair_getter
        self.scorer = scorer
        self.cfg: Dict[str, Any] = {
            "labels": [],
            "threshold": threshold,
            "multi_label": multi_label,
            "types": None if types is None else {k: [list(p) for p in v] for k, v in types.items()},
        }
        register_extensions()

    @property
    def classes(self) -> RelationLabels:
        """RETURNS (RelationLabels): The columns of the model's output."""
        return RelationLabels(self.labels, self.cfg["multi_label"])

    def predict(self, docs: Iterable[Doc]) -> ScoredPairs:
        """Score the pairs of entities.

        docs (Iterable[Doc]): The Docs, with entities.
        RETURNS (ScoredPairs): The pairs and their scores.
        """
        docs = list(docs)
        mentions = [sorted(doc.ents, key=_position) for doc in docs]
        pairs = [self.pair_getter(doc, spans) for doc, spans in zip(docs, mentions)]
        offsets = [_token_offsets(spans, rows) for spans, rows in zip(mentions, pairs)]
        if not any(len(rows) for rows in pairs):
            return ScoredPairs(mentions, pairs, self.model.ops.alloc2f(0, self.classes.n_columns))
        return ScoredPairs(mentions, pairs, self.model.predict((docs, offsets)))

    def set_annotations(self, docs: Iterable[Doc], scores: ScoredPairs) -> None:
        """Decode scores into relations.

        docs (Iterable[Doc]): The Docs.
        scores (ScoredPairs): What `predict` gave for them.
        """
        logits = self.model.ops.to_numpy(scores.logits)
        classes = self.classes
        offset = 0
        for doc, mentions, pairs in zip(docs, scores.mentions, scores.pairs):
            rows = logits[offset : offset + len(pairs)]
            offset += len(pairs)
            if self.cfg["types"]:
                types = [(mentions[i].label_, mentions[j].label_) for i, j in pairs.tolist()]
                rows = classes.mask_types(rows, types, self.cfg["types"])
            found = []
            for row, label, forward, score in classes.decode(rows, self.cfg["threshold"]):
                first, second = (mentions[i] for i in pairs[row].tolist())
                head, tail = (first, second) if forward else (second, first)
                found.append(Relation(head, tail, label, score))
            set_relations(doc, found)

    def update(
        self,
        examples: Iterable[Example],
        *,
        drop: float = 0.0,
        sgd: Optional[Optimizer] = None,
        losses: Optional[Dict[str, float]] = None,
    ) -> Dict[str, float]:
        """Learn from the gold entities and relations of a batch.

        Docs whose relations nobody has annotated do not count, see `has_relations`.

        examples (Iterable[Example]): The batch.
        drop (float): Dropout on the vectors of pairs.
        sgd (Optional[Optimizer]): The optimizer; `None` to accumulate gradients.
        losses (Optional[Dict[str, float]]): Gets the loss.
        RETURNS (Dict[str, float]): The losses.
        """
        examples, losses = self._begin_batch(examples, losses)
        gold = GoldPairs(examples, self.pair_getter)
        if not gold.n_pairs:
            return losses
        docs = [eg.predicted for eg in examples]
        set_dropout_rate(self.model, drop)
        offsets = [_token_offsets(m, p) for m, p in zip(gold.mentions, gold.pairs)]
        logits, backprop = self.model.begin_update((docs, offsets))
        scores = ScoredPairs(gold.mentions, gold.pairs, logits)
        loss, d_logits = self.get_loss(examples, scores, gold)
        return self._finish_batch(docs, loss, d_logits, backprop, sgd, losses)

    def get_loss(
        self, examples: Iterable[Example], scores: ScoredPairs, gold: Optional[GoldPairs] = None
    ) -> Tuple[float, Floats2d]:
        """Cross-entropy of the pairs' classes, binary for each class if a pair can have several.

        examples (Iterable[Example]): The batch.
        scores (ScoredPairs): Pairs of gold mentions and their scores.
        gold (Optional[GoldPairs]): The pairs' relations, if they are known already.
        RETURNS (Tuple[float, Floats2d]): The loss and the gradient of the logits, summed
            over the batch, so that accumulated gradients equal those of one batch.
        RAISES (ValueError): If a relation has a label that the component does not know.
        """
        examples = list(examples)
        gold = GoldPairs(examples, self.pair_getter) if gold is None else gold
        classes = self.classes
        targets = classes.targets(gold.relations(), len(scores.logits), self.name)
        loss, gradient = classes.loss(self.model.ops.to_numpy(scores.logits), targets)
        return loss, self.model.ops.asarray2f(gradient)

    def initialize(
        self,
        get_examples: Callable[[], Iterable[Example]],
        *,
        nlp: Optional[Language] = None,
        labels: Optional[List[str]] = None,
        checkpoint: Optional[str] = None,
        piece_model: Optional[str] = None,
        vocab_size: int = 8000,
    ) -> None:
        """Collect labels and infer sizes; fill the component's own encoder if it has one.

        get_examples (Callable[[], Iterable[Example]]): The training data.
        nlp (Optional[Language]): The pipeline.
        labels (Optional[List[str]]): The labels; `None` collects them from the data.
        checkpoint (Optional[str]): For an encoder of its own: as in `MLuke.initialize`.
        piece_model (Optional[str]): Likewise.
        vocab_size (int): Likewise.
        RAISES (ValueError): If there is no label.
        """
        found = set(labels or ())
        lost = total = 0
        for eg in get_examples():
            gold = GoldPairs([eg], self.pair_getter)
            if labels is None:
                found.update(gold.labels)
            lost += gold.n_lost
            total += gold.n_relations
        for label in sorted(found) if labels is None else labels:
            self.add_label(label)
        if not self.labels:
            raise ValueError(Errors.M409.format(name=self.name))
        if lost:
            text = Warnings.W402.format(name=self.name, lost=lost, total=total)
            warnings.warn(text, stacklevel=2)
        width = self._pair_width(get_examples, checkpoint, piece_model, vocab_size)
        output = self.model.get_ref("output_layer")
        output.set_dim("nO", self.classes.n_columns, force=True)
        output.initialize(X=self.model.ops.alloc2f(1, width))
        self.model.initialize()

    def _pair_width(
        self,
        get_examples: Callable[[], Iterable[Example]],
        checkpoint: Optional[str],
        piece_model: Optional[str],
        vocab_size: int,
    ) -> int:
        layer = self.model.get_ref("tok2vec")
        if not self.encoder_shims:
            if checkpoint is not None or piece_model is not None:
                raise ValueError(Errors.M421.format(name=self.name))
            return 2 * layer.get_dim("nO")
        for shim in self.encoder_shims:
            start_weights(
                shim,
                lambda: (eg.reference.text for eg in get_examples()),
                checkpoint=checkpoint,
                piece_model=piece_model,
                vocab_size=vocab_size,
            )
        return 2 * len(layer.attrs["features"]) * self.encoder_shims[0].width


def _position(span: Span) -> Tuple[int, int]:
    return span.start, span.end


def _token_offsets(mentions: Sequence[Span], pairs: Ints2d) -> Ints2d:
    spans = np.asarray([_position(span) for span in mentions], dtype="int32").reshape(-1, 2)
    return spans[pairs].reshape(-1, 4) if len(pairs) else np.zeros((0, 4), dtype="int32")
