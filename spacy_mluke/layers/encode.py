"""One pass of the encoder over a batch of Docs: windows in, states of pieces and spans out."""

from typing import Callable, List, Optional, Sequence, Tuple

import numpy as np
import torch
from spacy.tokens import Doc
from thinc.api import Model, torch2xp, xp2torch
from thinc.types import Floats2d, Ints1d, Ints2d
from torch import Tensor

from ..errors import Errors
from ..modeling.batch import SlotBatch, WindowBatch
from ..modeling.encoder import WordMemory
from ..text.span_getters import NGrams
from ..text.spans import sort_spans, span_keys
from .encoded import Encoded
from .plan import Placement, Plan, group_windows
from .propose import GoldMentions, Proposals
from .settings import EncoderSettings
from .shim import EncoderShim
from .slot_entities import Named, SlotEntities

Spans = Sequence[Ints2d]
Backprop = Callable[[Optional[Floats2d], Optional[Floats2d]], None]


def encode(
    model: Model,
    docs: Sequence[Doc],
    extra: Optional[Spans],
    gold: Optional[GoldMentions],
    is_train: bool,
    named: Optional[Named] = None,
) -> Tuple[Encoded, Backprop]:
    """Encode Docs with the spans that the layer's span getter asks for.

    model (Model): A layer made by `MLuke.v1`.
    docs (Sequence[Doc]): The Docs.
    extra (Optional[Spans]): More spans to encode in each Doc, as token offsets.
    gold (Optional[GoldMentions]): Mentions the span proposer learns; they are encoded as well.
    is_train (bool): Whether to keep what backpropagation needs.
    named (Optional[Named]): Entities to put into slots, in place of what the settings say. Then
        just the `extra` spans are encoded, and words are not kept.
    RETURNS (Tuple[Encoded, Backprop]): The states, and the function that takes the gradients of
        `words` and `vectors`.
    RAISES (ValueError): If a span is not in its Doc.
    """
    shim: EncoderShim = model.shims[0]  # type: ignore[assignment]
    settings: EncoderSettings = model.attrs["settings"]
    pieces = shim.pieces.encode(docs)
    asked = [model.attrs["get_spans"](docs, pieces)] if named is None else []
    if gold is None:
        gold = GoldMentions([np.zeros((0, 2), "int32")] * len(docs), np.ones(len(docs), bool))
    asked.extend(source for source in (extra, gold.spans) if source is not None)
    spans = [_union([source[i] for source in asked], doc) for i, doc in enumerate(docs)]
    if settings.piece_mode == "hf":
        pieces = shim.pieces.encode(docs, spans)
    plan = Plan.make(docs, pieces, shim.windows)
    proposals = None
    if settings.proposer is not None and named is None:
        limits = settings.proposer
        ngrams = NGrams(1, limits.max_words, limits.max_pieces)(docs, pieces)
        mentions = plan.place(gold.spans)
        proposals = Proposals(limits, plan.place(ngrams), mentions, gold.complete, plan)
    entities = SlotEntities(docs, shim.entities, settings.slot_entities, named)
    current = _Pass(shim, settings, plan, plan.place(spans), proposals, entities, is_train)
    n_slots = np.bincount(current.spans.windows, minlength=len(plan.window_docs))
    for windows in group_windows(plan.lengths, n_slots, model.attrs["max_batch_items"]):
        current.run(windows)
    keep_words = named is None and (is_train or model.attrs["keep_words"])
    return current.finish(keep_words=keep_words)


def _union(spans: List[Ints2d], doc: Doc) -> Ints2d:
    together = np.concatenate([np.asarray(s).reshape(-1, 2) for s in spans])
    wrong = (together[:, 0] < 0) | (together[:, 1] > len(doc)) | (together[:, 0] >= together[:, 1])
    if wrong.any():
        start, end = together[wrong][0].tolist()
        raise ValueError(
            Errors.M307.format(start=start, end=end, n_tokens=len(doc), text=doc.text[:50])
        )
    return sort_spans(together)


class _Pass:
    """A pass over a batch: what has been encoded so far and what came out."""

    def __init__(
        self,
        shim: EncoderShim,
        settings: EncoderSettings,
        plan: Plan,
        spans: Placement,
        proposals: Optional[Proposals],
        entities: SlotEntities,
        is_train: bool,
    ) -> None:
        self.shim, self.settings, self.plan, self.is_train = shim, settings, plan, is_train
        self.module = shim.module if is_train else shim.inference_module(settings.precision)
        self.proposals, self.entities = proposals, entities
        self.unplaced = spans.take(spans.windows < 0)
        self.spans = spans.by_window()
        self.words: List[Tensor] = []
        self.owned: List[Ints1d] = []
        self.vectors: List[Tensor] = []
        self.placements: List[Placement] = []
        self.losses: List[Tensor] = []

    def run(self, windows: Ints1d) -> None:
        """Encode some windows and keep what is asked of them.

        windows (Ints1d): (n,) the windows.
        """
        ids = self.plan.word_ids(windows, self.shim.pieces)
        batch = WindowBatch(self.shim.tensor(ids), self.shim.tensor(self.plan.lengths[windows]))
        with self.shim.computing(self.is_train):
            words, vectors, spans = self._states(batch, windows)
        owned = self.plan.owned_rows(windows)
        self.owned.append(owned.pieces)
        self.words.append(words[self.shim.tensor(owned.rows)].float())
        self.vectors.append(vectors.float())
        self.placements.append(spans)

    def _states(self, batch: WindowBatch, windows: Ints1d) -> Tuple[Tensor, Tensor, Placement]:
        encoder, pattern = self.module.encoder, self.settings.attention
        checkpointing = self.is_train and self.settings.gradient_checkpointing
        spans, at = self.spans.of_windows(windows)
        memory: Optional[WordMemory] = None
        words: Optional[Tensor] = None
        if self.proposals is not None:
            if self.settings.slots and pattern == "independent":
                memory = encoder.encode_words(
                    batch, training=self.is_train, checkpointing=checkpointing
                )
                words = memory.words
            else:
                words = encoder(batch, training=self.is_train, checkpointing=checkpointing).words
            spans, at = self._propose(words, windows, spans)
        if not self.settings.slots or not len(spans):
            if words is None:
                words = encoder(batch, training=self.is_train, checkpointing=checkpointing).words
            return words, words.new_zeros((len(spans), self._slot_width)), spans
        slots = SlotBatch(
            self.shim.tensor(self.entities.rows(spans.docs, spans.spans)),
            self.shim.tensor(np.bincount(at, minlength=len(windows))),
            self.shim.tensor(spans.ranges),
        )
        if memory is not None:
            states = encoder.encode_slots(
                memory, slots, training=self.is_train, checkpointing=checkpointing
            )
            return memory.words, states, spans
        out = encoder(
            batch, slots, pattern=pattern, training=self.is_train, checkpointing=checkpointing
        )
        return out.words, out.slots, spans

    def _propose(
        self, words: Tensor, windows: Ints1d, spans: Placement
    ) -> Tuple[Placement, Ints1d]:
        assert self.proposals is not None and self.module.proposer is not None
        logits, candidates, at = self.proposals.score(
            self.module.proposer, words, windows, self.shim.tensor
        )
        if self.is_train:
            self.losses.append(self.proposals.loss(logits, candidates))
        together = spans.join(self.proposals.select(logits, candidates, at))
        keys = span_keys(together.spans + self.plan.token_offsets[together.docs][:, None])
        _, once = np.unique(keys, return_index=True)
        return together.take(once).by_window().of_windows(windows)

    def finish(self, keep_words: bool) -> Tuple[Encoded, Backprop]:
        """Put what came out in the order of the Docs.

        keep_words (bool): Whether the words' states are wanted.
        RETURNS (Tuple[Encoded, Backprop]): The states and their backpropagation.
        """
        n_docs = len(self.plan.pieces)
        parts = self.placements + [self.unplaced]
        docs = np.concatenate([p.docs for p in parts])
        spans = np.concatenate([p.spans for p in parts])
        order = np.lexsort((span_keys(spans), docs))
        has_slot = np.arange(len(docs)) < len(docs) - len(self.unplaced)
        device = self.shim.device
        blank = torch.zeros((len(self.unplaced), self._slot_width), device=device)
        vectors = torch.cat(self.vectors + [blank])[self.shim.tensor(order)]
        words: Optional[Tensor] = None
        if keep_words:
            back = np.argsort(np.concatenate(self.owned + [np.zeros(0, "int64")]))
            blank = torch.zeros((0, self.shim.width), device=device)
            words = torch.cat(self.words + [blank])[self.shim.tensor(back)]
        loss = torch.stack(self.losses).sum() if self.losses else None
        counts = np.bincount(docs, minlength=n_docs)
        encoded = Encoded(
            pieces=self.plan.pieces,
            words=None if words is None else torch2xp(words.detach()),
            spans=np.split(spans[order].astype("int32"), np.cumsum(counts)[:-1]),
            vectors=torch2xp(vectors.detach()),
            placed=has_slot[order] & self.settings.slots,
            entities=self.entities.keys(docs[order], spans[order]),
            loss=0.0 if loss is None else float(loss.detach()),
        )

        def backprop(d_words: Optional[Floats2d], d_vectors: Optional[Floats2d]) -> None:
            ends: List[Tuple[Tensor, Tensor]] = []
            for output, gradient in ((words, d_words), (vectors, d_vectors)):
                if output is not None and gradient is not None and output.requires_grad:
                    ends.append((output, xp2torch(gradient, device=device)))
            if loss is not None and loss.requires_grad:
                ends.append((loss, torch.ones_like(loss)))
            if ends:
                torch.autograd.backward([y for y, _ in ends], [dy for _, dy in ends])

        return encoded, backprop

    @property
    def _slot_width(self) -> int:
        return self.shim.width if self.settings.slots else 0
