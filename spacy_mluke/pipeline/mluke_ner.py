"""Named entities by classifying the spans that the encoder proposes (paper, section on NER)."""

from typing import Any, Callable, Dict, Iterable, List, Optional, Tuple

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc, Span, SpanGroup
from spacy.training import Example
from spacy.util import minibatch
from spacy.vocab import Vocab
from thinc.api import Optimizer, set_dropout_rate
from thinc.types import Floats2d, Ragged

from ..errors import Errors
from ..features import clear_scores, keep_spans, register_extensions, set_scores
from ..language import get_language
from ..layers.span_classifier import SpanModel, as_ragged, candidate_spans
from .gold_spans import GoldSpans, count_misaligned, gold_of, warn_misaligned
from .labelled_pipe import LabelledPipe
from .ner_calibration import ScoredText, calibrate
from .softmax import log_softmax, softmax

Scored = Tuple[Ragged, Floats2d]
OUTPUTS = ("ents", "spans")


class MLukeNER(LabelledPipe):
    """Classifies spans as entities of a type or none.

    vocab (Vocab): The shared vocabulary.
    model (SpanModel): Scores of spans: no entity first, then each label.
    name (str): Name of the component.
    output (str): "ents": entities that do not overlap, into `doc.ents`; the highest logit wins,
        as in the paper. "spans": all of them, into `doc.spans`; `spacy.spancat_scorer.v1` is the
        scorer for it.
    spans_key (str): The span group, if `output` is "spans".
    threshold (float): Least probability of an entity; with 0 it must be likelier than no entity.
        Others than 0 are for probabilities that are calibrated, see `calibrate`.
    overwrite_ents (bool): Whether predictions replace entities that are already in `doc.ents`;
        if not, predictions that overlap with them are left out.
    keep_vectors (str): "ents": of the vectors on the Doc, only those of its entities stay when the
        candidates have been classified. "all": those of all candidates stay.
    learn_partial (bool): Learn from the entities of texts that are annotated in part, too. Where
        texts of a language are all of this kind, and do not say of many tokens that they are no
        entity's, the component learns that names are everywhere in it.
    scorer (Optional[Callable]): The scoring method.
    """

    def __init__(
        self,
        vocab: Vocab,
        model: SpanModel,
        name: str = "mluke_ner",
        *,
        output: str = "ents",
        spans_key: str = "sc",
        threshold: float = 0.0,
        overwrite_ents: bool = False,
        keep_vectors: str = "ents",
        learn_partial: bool = True,
        scorer: Optional[Callable] = None,
    ) -> None:
        if output not in OUTPUTS:
            raise ValueError(Errors.M406.format(output=output, allowed=", ".join(OUTPUTS)))
        if keep_vectors not in ("ents", "all"):
            raise ValueError(Errors.M411.format(keep_vectors=keep_vectors))
        if not 0 <= threshold <= 1:
            raise ValueError(Errors.M407.format(threshold=threshold))
        self.vocab = vocab
        self.model = model
        self.name = name
        self.scorer = scorer
        self.cfg: Dict[str, Any] = {
            "labels": [],
            "output": output,
            "spans_key": spans_key,
            "threshold": threshold,
            "overwrite_ents": overwrite_ents,
            "keep_vectors": keep_vectors,
            "learn_partial": learn_partial,
        }
        register_extensions()

    @property
    def key(self) -> Optional[str]:
        """RETURNS (Optional[str]): The span group of the entities; `None` for `doc.ents`."""
        return self.cfg["spans_key"] if self.cfg["output"] == "spans" else None

    def predict(self, docs: Iterable[Doc]) -> Scored:
        """Score the proposed spans.

        docs (Iterable[Doc]): The Docs.
        RETURNS (Scored): Token offsets of spans, and logits (n_spans, n_labels + 1).
        """
        docs = list(docs)
        spans = candidate_spans(self.model, docs, False) if docs else as_ragged(self.model, [])
        return spans, self.model.predict((docs, spans))

    def set_annotations(self, docs: Iterable[Doc], scores: Scored) -> None:
        """Decode scores into entities.

        docs (Iterable[Doc]): The Docs.
        scores (Scored): What `predict` gave for them.
        """
        spans, logits = scores
        array = self.model.ops.to_numpy(logits)
        data = self.model.ops.to_numpy(spans.dataXd)
        offset = 0
        for doc, length in zip(docs, self.model.ops.to_numpy(spans.lengths).tolist()):
            rows = slice(offset, offset + length)
            offset += length
            found, probs = self._decode(doc, data[rows], array[rows], self.cfg["threshold"])
            self._annotate(doc, found, probs)

    def update(
        self,
        examples: Iterable[Example],
        *,
        drop: float = 0.0,
        sgd: Optional[Optimizer] = None,
        losses: Optional[Dict[str, float]] = None,
    ) -> Dict[str, float]:
        """Learn from a batch.

        examples (Iterable[Example]): The batch.
        drop (float): Dropout on the vectors of spans.
        sgd (Optional[Optimizer]): The optimizer; `None` to accumulate gradients.
        losses (Optional[Dict[str, float]]): Gets the loss.
        RETURNS (Dict[str, float]): The losses.
        """
        examples, losses = self._begin_batch(examples, losses)
        docs = [eg.predicted for eg in examples]
        if not any(len(doc) for doc in docs):
            return losses
        spans = candidate_spans(self.model, docs, True)
        if not len(spans.dataXd):
            return losses
        set_dropout_rate(self.model, drop)
        logits, backprop = self.model.begin_update((docs, spans))
        loss, d_logits = self.get_loss(examples, (spans, logits))
        return self._finish_batch(docs, loss, d_logits, backprop, sgd, losses)

    def get_loss(self, examples: Iterable[Example], scores: Scored) -> Tuple[float, Floats2d]:
        """Cross-entropy of the spans' labels; spans on tokens without annotation do not count.

        Summed over the batch, as in spaCy's components, so that gradients accumulated over parts
        of a batch equal those of the whole.

        examples (Iterable[Example]): The batch.
        scores (Scored): Spans and logits.
        RETURNS (Tuple[float, Floats2d]): The loss and the gradient of the logits.
        """
        spans, logits = scores
        examples = list(examples)
        xp = self.model.ops.xp
        partial = self.cfg["learn_partial"]
        gold = GoldSpans(examples, self.key, self.labels, self.name, partial=partial)
        targets, counts = gold.targets(
            self.model.ops.to_numpy(spans.dataXd), self.model.ops.to_numpy(spans.lengths)
        )
        log_probs = log_softmax(logits)
        rows, labels = xp.arange(len(targets)), self.model.ops.asarray(targets)
        weight = self.model.ops.asarray2f(counts[:, None].astype("float32"))
        loss = -float((log_probs[rows, labels][:, None] * weight).sum())
        d_logits = xp.exp(log_probs)
        d_logits[rows, labels] -= 1.0
        return loss, self.model.ops.asarray2f(d_logits * weight)

    def initialize(
        self,
        get_examples: Callable[[], Iterable[Example]],
        *,
        nlp: Optional[Language] = None,
        labels: Optional[List[str]] = None,
    ) -> None:
        """Collect labels and infer sizes.

        get_examples (Callable[[], Iterable[Example]]): The training data.
        nlp (Optional[Language]): The pipeline.
        labels (Optional[List[str]]): The labels; `None` collects them from the data.
        RAISES (ValueError): If there is no label.
        """
        sample: List[Doc] = []
        found = set(labels or ())
        lost = total = 0
        for eg in get_examples():
            gold = gold_of(eg, self.key)
            if labels is None:
                found.update(span.label_ for span in gold)
            total += len(gold)
            lost += count_misaligned(eg, gold)
            if len(sample) < 10:
                sample.append(eg.x)
        for label in sorted(found) if labels is None else labels:
            self.add_label(label)
        if not self.labels:
            raise ValueError(Errors.M409.format(name=self.name))
        if lost:
            warn_misaligned(self.name, lost, total)
        layer = self.model.get_ref("output_layer")
        layer.set_dim("nO", len(self.labels) + 1, force=True)
        spans = as_ragged(self.model, [np.asarray([[0, 1]] if len(d) else []) for d in sample])
        self.model.initialize(X=(sample, spans))

    def calibrate(
        self, examples: Iterable[Example], nlp: Language, batch_size: int = 64
    ) -> Dict[str, float]:
        """Make the scores probabilities, and take from now on the entities whose probability
        reaches the threshold with the highest F1. Both are found with texts that the model was not
        trained on; but for the scale of the scores, no weight changes.

        examples (Iterable[Example]): Such texts, annotated in whole.
        nlp (Language): The pipeline: what is before the component is run.
        batch_size (int): Texts encoded at once.
        RETURNS (Dict[str, float]): Number of "spans"; their cross-entropy "before" and "after";
            "threshold"; F1, as the mean of the languages, before and after: "f_before", "f_after".
        RAISES (ValueError): If there is no gold entity, or the model's last layer is not linear.
        """
        layers = [node for node in self.model.get_ref("output_layer").walk() if node.has_param("W")]
        if not layers:
            raise ValueError(Errors.M413.format(name=self.name))
        texts = []
        for batch in minibatch(examples, batch_size):
            texts += self._score_texts(batch, nlp.pipeline[: nlp.pipe_names.index(self.name)])
        if not any(text.gold for text in texts):
            raise ValueError(Errors.M414.format(name=self.name))

        def decode(text: ScoredText, threshold: float) -> List[Span]:
            return self._decode(text.doc, text.spans, text.logits, threshold)[0]

        scale, threshold, report = calibrate(texts, decode, self.cfg["threshold"])
        self.cfg["threshold"] = threshold
        for name in layers[-1].param_names:
            layers[-1].set_param(name, layers[-1].get_param(name) * scale)
        return report

    def _score_texts(
        self, examples: List[Example], before: List[Tuple[str, Callable]]
    ) -> List[ScoredText]:
        docs: Iterable[Doc] = [eg.predicted for eg in examples]
        for _, pipe in before:
            docs = list(pipe.pipe(docs) if hasattr(pipe, "pipe") else map(pipe, docs))
        found, logits = self.predict(docs)
        spans, lengths, scores = map(
            self.model.ops.to_numpy, (found.dataXd, found.lengths, logits)
        )
        gold = GoldSpans(examples, self.key, self.labels, self.name)
        columns = (spans, scores, *gold.targets(spans, lengths))
        parts = zip(*(np.split(column, np.cumsum(lengths)[:-1]) for column in columns))
        texts = []
        for eg, part in zip(examples, parts, strict=True):
            aligned = eg.get_aligned_spans_y2x(gold_of(eg, self.key), allow_overlap=True)
            names = {(span.start, span.end, span.label_) for span in aligned}
            texts.append(ScoredText(eg.predicted, get_language(eg.reference), names, *part))
        return texts

    def _decode(
        self, doc: Doc, spans: np.ndarray, logits: np.ndarray, threshold: float
    ) -> Tuple[List[Span], List[float]]:
        if not len(spans):
            return [], []
        best = 1 + logits[:, 1:].argmax(axis=1)
        top = logits[np.arange(len(best)), best]
        probs = softmax(logits)[np.arange(len(best)), best]
        rows = np.flatnonzero(probs >= threshold if threshold else top > logits[:, 0])
        rows = rows[np.argsort(-top[rows], kind="stable")]
        if self.key is None:
            taken = np.zeros(len(doc), dtype=bool)
            if not self.cfg["overwrite_ents"]:
                for ent in doc.ents:
                    taken[ent.start : ent.end] = True
            free = []
            for row in rows.tolist():
                start, end = spans[row]
                if not taken[start:end].any():
                    taken[start:end] = True
                    free.append(row)
            rows = np.asarray(free, dtype="int64")
        rows = rows[np.lexsort((spans[rows, 1], spans[rows, 0]))]
        labels = self.labels
        found = [
            Span(doc, int(spans[i, 0]), int(spans[i, 1]), label=labels[best[i] - 1]) for i in rows
        ]
        return found, probs[rows].tolist()

    def _annotate(self, doc: Doc, found: List[Span], probs: List[float]) -> None:
        kept = list(found)
        if self.key is not None:
            group = SpanGroup(doc, name=self.key, spans=found)
            group.attrs["scores"] = np.asarray(probs, dtype="float32")
            doc.spans[self.key] = group
        elif self.cfg["overwrite_ents"]:
            clear_scores(doc)
            doc.set_ents(found, default="outside")
        else:
            kept.extend(doc.ents)
            doc.set_ents(kept, default="outside")
        set_scores(doc, found, probs)
        if self.cfg["keep_vectors"] == "ents":
            keep_spans(doc, np.asarray([(s.start, s.end) for s in kept], dtype="int32"))
