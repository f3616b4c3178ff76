"""Links of mentions to entities: Wikidata items into `ent.kb_id_`."""

from typing import Any, Callable, Dict, Iterable, List, Optional, Sequence, Tuple

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.training import Example
from spacy.util import minibatch
from spacy.vocab import Vocab
from thinc.api import Optimizer, set_dropout_rate
from thinc.types import Floats2d, Ints1d

from ..entities.linker_candidates import CandidateSource, TableCandidates
from ..errors import Errors
from ..features import register_extensions
from ..layers.linker import LinkerModel, ScorerInput, head_rows, keep_head_rows
from ..layers.linker_calibration import fit_calibration, is_started
from ..layers.linker_table import LinkerEncoder
from ..layers.shim import EncoderShim
from ..layers.span_classifier import as_ragged
from ..links import set_candidates
from ..report import Report
from .candidate_pipe import CandidatePipe
from .candidates import CandidateLists, look_up, look_up_in_table
from .gold_links import GoldLinks
from .linker_start import CalibrationPart, calibrate, start_linker, warn_of_lost_links
from .linking import GlobalPasses, Links, Mentions, cross_entropy, with_links
from .shown_links import learn_beside, show_some
from .softmax import softmax

MODES = ("local", "global")

class MLukeLinker(CandidatePipe):
    """Links entities to Wikidata items: sets `ent.kb_id_` and `ent._.mluke.candidates`.

    Each candidate of a mention is scored by how often the mention's text stands for it, and by the
    pretrained head of masked entity prediction at the mention's slot. A mention that stands for
    none of them gets "NIL", as in spaCy's `entity_linker`.

    vocab (Vocab): The shared vocabulary.
    model (LinkerModel): Scores of candidates.
    name (str): Name of the component.
    candidates (CandidateSource): Gives the candidates of mentions. It is saved with the pipeline.
    spans_key (Optional[str]): Span group of the mentions; `None` for `doc.ents`.
    mode (str): "local": each mention by itself. "global": the most confident mentions first; their
        entities are then read by the encoder together with the text, and the others scored anew.
        A linker that is trained in this mode learns each batch twice, the second time with the
        gold entities of some mentions in their slots.
    max_passes (int): Most passes of the encoder over a Doc in the mode "global".
    threshold (float): Least probability of a link.
    overwrite (bool): Whether mentions that have a `kb_id_` already are linked anew.
    scorer (Optional[Callable]): The scoring method.
    """

    def __init__(
        self,
        vocab: Vocab,
        model: LinkerModel,
        name: str = "mluke_linker",
        *,
        candidates: CandidateSource,
        spans_key: Optional[str] = None,
        mode: str = "local",
        max_passes: int = 8,
        threshold: float = 0.0,
        overwrite: bool = True,
        scorer: Optional[Callable] = None,
    ) -> None:
        features = model.get_ref("tok2vec").attrs["features"]
        if features != ["entity"]:
            raise ValueError(Errors.M449.format(name=name, features=features))
        if mode not in MODES:
            raise ValueError(Errors.M445.format(mode=mode))
        if max_passes < 1:
            raise ValueError(Errors.M446.format(field="max_passes", value=max_passes))
        if not 0 <= threshold <= 1:
            raise ValueError(Errors.M407.format(threshold=threshold))
        self.vocab = vocab
        self.model = model
        self.name = name
        self.scorer = scorer
        self.candidates = candidates
        self.candidates.bind(vocab)
        self.report = Report(name)
        self.cfg: Dict[str, Any] = {
            "spans_key": spans_key,
            "mode": mode,
            "max_passes": max_passes,
            "threshold": threshold,
            "overwrite": overwrite,
        }
        register_extensions()

    @property
    def encoder(self) -> LinkerEncoder:
        """RETURNS (LinkerEncoder): The encoder that the mentions come from.

        RAISES (ValueError): If there is none, it has no entities or others than the head, or the
            mode does not fit it.
        """
        encoder = LinkerEncoder.of(self.model.get_ref("tok2vec"), self.name)
        encoder.check(self.name, head_rows(self.model.get_ref("output_layer")))
        if self.cfg["mode"] == "global" and not encoder.slots_interact:
            raise ValueError(Errors.M447.format(name=self.name))
        return encoder

    def predict(self, docs: Iterable[Doc]) -> Links:
        """Score the candidates of the Docs' mentions.

        docs (Iterable[Doc]): The Docs, with entities.
        RETURNS (Links): The mentions and their candidates.
        """
        docs = list(docs)
        mentions = Mentions(docs, [self._mentions(doc) for doc in docs])
        if not mentions.flat:
            return Links(mentions.spans, [], [])
        encoder = self.encoder
        spans = as_ragged(self.model, mentions.offsets)
        vectors = self.model.get_ref("tok2vec").predict((docs, spans))
        vectors = mentions.hide_known(vectors, encoder)
        found = self._candidates(mentions.flat, encoder, vectors)
        scores = self._score(vectors, found, encoder)
        if self.cfg["mode"] == "global":
            passes = GlobalPasses(mentions, found, encoder, self._score, self.cfg["threshold"])
            passes.run(scores, self.cfg["max_passes"])
        return Links.make(mentions.spans, found, scores, self.cfg["threshold"])

    def set_annotations(self, docs: Iterable[Doc], scores: Links) -> None:
        """Write links and candidates onto Docs.

        docs (Iterable[Doc]): The Docs.
        scores (Links): What `predict` gave for them.
        """
        key = self.cfg["spans_key"]
        number = 0
        for doc, spans in zip(docs, scores.mentions):
            chosen: Dict[Tuple[int, int], str] = {}
            for span in spans:
                set_candidates(span, scores.candidates[number])
                chosen[span.start, span.end] = scores.kb_ids[number]
                number += 1
            if key is None:
                for span in spans:
                    for token in span:
                        token.ent_kb_id_ = chosen[span.start, span.end]
            elif key in doc.spans:
                doc.spans[key] = with_links(doc.spans[key], chosen)

    def update(
        self,
        examples: Iterable[Example],
        *,
        drop: float = 0.0,
        sgd: Optional[Optimizer] = None,
        losses: Optional[Dict[str, float]] = None,
    ) -> Dict[str, float]:
        """Learn from the gold links of a batch.

        examples (Iterable[Example]): The batch.
        drop (float): Dropout on the vectors of mentions.
        sgd (Optional[Optimizer]): The optimizer; `None` to accumulate gradients.
        losses (Optional[Dict[str, float]]): Gets the loss.
        RETURNS (Dict[str, float]): The losses.
        """
        examples, losses = self._begin_batch(examples, losses)
        gold = GoldLinks(examples, self.cfg["spans_key"])
        if not gold.n_mentions:
            return losses
        docs = [eg.predicted for eg in examples]
        encoder = self.encoder
        mentions = Mentions(docs, gold.mentions)
        set_dropout_rate(self.model, drop)
        found: List[CandidateLists] = []

        def choose(vectors: Floats2d) -> Tuple[Any, Any]:
            found.append(self._candidates(mentions.flat, encoder, vectors, gold.kb_ids))
            scorer = self.model.get_ref("output_layer")
            if not is_started(scorer):
                inputs = ScorerInput(vectors, encoder.module, found[0].arrays)
                targets = gold.targets(found[0].keys, encoder.row)
                fit_calibration(scorer, inputs, targets)
            return encoder.module, found[0].arrays

        spans = as_ragged(self.model, mentions.offsets)
        logits, backprop = self.model.begin_update((docs, spans, choose))
        targets = gold.targets(found[0].keys, encoder.row)
        loss, d_logits = self.get_loss(examples, (targets, logits))
        if self.cfg["mode"] == "global":
            shown = show_some(mentions, gold.kb_ids, encoder)
            # Before the listener sends its gradient: with the last one the encoder makes its step.
            loss += learn_beside(self.model, mentions, shown, found[0], targets, encoder)
        return self._finish_batch(docs, loss, d_logits, backprop, sgd, losses)

    def get_loss(
        self, examples: Iterable[Example], scores: Tuple[Ints1d, Floats2d]
    ) -> Tuple[float, Floats2d]:
        """Cross-entropy of the mentions' candidates, none of them being one more.

        examples (Iterable[Example]): The batch.
        scores (Tuple[Ints1d, Floats2d]): Which candidate is right, and logits.
        RETURNS (Tuple[float, Floats2d]): The loss and the gradient of the logits, summed
            over the batch, so that accumulated gradients equal those of one batch.
        """
        targets, logits = scores
        loss, gradient = cross_entropy(self.model.ops.to_numpy(logits), targets)
        return loss, self.model.ops.asarray2f(gradient)

    def initialize(
        self,
        get_examples: Callable[[], Iterable[Example]],
        *,
        nlp: Optional[Language] = None,
        checkpoint: Optional[str] = None,
    ) -> None:
        """Start from the pretrained head, and count which gold links can be learned.

        get_examples (Callable[[], Iterable[Example]]): The training data.
        nlp (Optional[Language]): The pipeline.
        checkpoint (Optional[str]): Hub name or folder to take the head from, for an encoder that
            was saved without; also the encoder's weights, if the component has one of its own.
        RAISES (ValueError): If there are no candidates, no entities to link to, or no head.
        """
        start_linker(self.name, self.model, self.encoder_shims, checkpoint)
        encoder = self.encoder
        self.candidates.initialize(encoder.has_row)
        self.report = Report(self.name)
        for batch in minibatch(get_examples(), 64):
            gold = GoldLinks(batch, self.cfg["spans_key"])
            if isinstance(self.candidates, TableCandidates):
                keys = [[kb_id] if encoder.row(kb_id) >= 0 else [] for kb_id in gold.kb_ids]
            else:
                keys = look_up(self.candidates, Mentions([], gold.mentions).flat, encoder).keys
            gold.count(self.report, keys, encoder.row)
        warn_of_lost_links(self.name, self.report)

    def entity_encoder(self) -> EncoderShim:
        """RETURNS (EncoderShim): The encoder whose entity table the candidates are scored by."""
        return LinkerEncoder.of(self.model.get_ref("tok2vec"), self.name).shim

    def needed_entities(self) -> List[str]:
        """RETURNS (List[str]): Keys of the entities in the encoder's table that can become
        candidates: without their rows predictions would be others.
        """
        encoder = self.encoder
        known = self.candidates.entities()
        if known is None:
            return [encoder.keys[row] for row in encoder.keys.rows.tolist()]
        return [key for key in known if encoder.has_row(key)]

    def keep_entity_rows(self, rows: Ints1d) -> None:
        """Follow the encoder's table after it was pruned.

        rows (Ints1d): For each row of the new table, what row it was in the old.
        """
        keep_head_rows(self.model.get_ref("output_layer"), rows)

    def calibrate(self, examples: Iterable[Example], batch_size: int = 64) -> Dict[str, float]:
        """Fit the weights of head and prior and the score of NIL to examples that the model was
        not trained on, so that scores are probabilities. No other weight changes.

        examples (Iterable[Example]): Examples with gold links.
        batch_size (int): Examples encoded at once.
        RETURNS (Dict[str, float]): Number of mentions, and their cross-entropy before and after.
        RAISES (ValueError): If there is nothing to fit to.
        """
        encoder = self.encoder
        parts: List[CalibrationPart] = []
        for batch in minibatch(examples, batch_size):
            gold = GoldLinks(batch, self.cfg["spans_key"])
            mentions = Mentions([eg.predicted for eg in batch], gold.mentions)
            if mentions.flat:
                vectors = encoder.shared_vectors(mentions.docs, mentions.offsets)
                found = self._candidates(mentions.flat, encoder, vectors)
                parts.append((vectors, found, gold.targets(found.keys, encoder.row)))
        return calibrate(self.name, self.model.get_ref("output_layer"), encoder, parts)

    def _mentions(self, doc: Doc) -> List[Span]:
        key = self.cfg["spans_key"]
        spans = doc.ents if key is None else doc.spans.get(key, [])
        return [span for span in spans if self.cfg["overwrite"] or not span.kb_id_]

    def _candidates(
        self,
        mentions: Sequence[Span],
        encoder: LinkerEncoder,
        vectors: Floats2d,
        gold: Sequence[str] = (),
    ) -> CandidateLists:
        if not isinstance(self.candidates, TableCandidates):
            return look_up(self.candidates, mentions, encoder)
        scorer, most = self.model.get_ref("output_layer"), self.candidates.max_candidates
        return look_up_in_table(scorer, vectors, encoder, most, gold)

    def _score(
        self, vectors: Floats2d, found: CandidateLists, encoder: LinkerEncoder
    ) -> np.ndarray:
        scorer = self.model.get_ref("output_layer")
        inputs = ScorerInput(vectors, encoder.module, found.arrays)
        return softmax(self.model.ops.to_numpy(scorer.predict(inputs)))
