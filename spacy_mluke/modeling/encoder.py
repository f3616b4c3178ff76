"""mLUKE: one Transformer over the word pieces of a text and the entity slots placed on them.

Ri, Yamada and Tsuruoka: mLUKE: The Power of Entity Representations in Multilingual Pretrained
Language Models. ACL 2022. Modules and parameters are named as in transformers' ``LukeModel``.
"""

from dataclasses import dataclass
from typing import Any, Callable, List, Optional

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from ..errors import Errors
from .batch import HostInts, SlotBatch, WindowBatch, host_lengths
from .config import EncoderConfig
from .embeddings import EntityEmbeddings, WordEmbeddings
from .layers import LayerStack
from .layout import Layout, joint_layout, slot_layout, word_layout


@dataclass
class WordMemory:
    """What the words of a batch leave behind so that slots can be added later.

    words (Tensor): (T, hidden_size) final states, in input order.
    keys, values (List[Tensor]): Those of each layer, (T, heads, d), in the encoder's order.
    lengths (HostInts): (B,) pieces of each window.
    order (HostInts): (B,) the windows in the encoder's order.
    """

    words: Tensor
    keys: List[Tensor]
    values: List[Tensor]
    lengths: HostInts
    order: HostInts


@dataclass
class Encoded:
    """Final states, in the order of the batches that went in.

    words (Tensor): (T, hidden_size). slots (Tensor): (S, hidden_size).
    memory (Optional[WordMemory]): For ``encode_slots``, if it was asked for.
    """

    words: Tensor
    slots: Tensor
    memory: Optional[WordMemory] = None


class MLukeEncoder(nn.Module):
    """The encoder. Holds no state between calls and ignores ``train()``/``eval()``: dropout is
    driven by the ``training`` argument, so one encoder may be used from many threads.

    config (EncoderConfig): The sizes.
    """

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.config = config
        self.precision = "fp32"  # others are made by ``precision.py``
        self.embeddings = WordEmbeddings(config)
        self.entity_embeddings = EntityEmbeddings(config)
        self.encoder = LayerStack(config)
        self.apply(self._initialize)

    def _initialize(self, module: nn.Module) -> None:
        """Weights N(0, initializer_range), biases 0. LayerNorm initialises itself to 1 and 0."""
        if isinstance(module, (nn.Linear, nn.Embedding)):
            nn.init.normal_(module.weight, std=self.config.initializer_range)
        if isinstance(module, nn.Linear) and module.bias is not None:
            nn.init.zeros_(module.bias)

    @property
    def device(self) -> torch.device:
        """RETURNS (torch.device): Where the weights are. Batches may be anywhere."""
        return self.embeddings.word_embeddings.weight.device

    @property
    def padding(self) -> float:
        """RETURNS (float): How much padding buys fewer attention calls. On the CPU a call costs
        less than any padding; on a GPU launches count.
        """
        return 0.0 if self.device.type == "cpu" else 0.2

    def forward(
        self,
        words: WindowBatch,
        slots: Optional[SlotBatch] = None,
        *,
        pattern: str = "full",
        training: bool = False,
        checkpointing: bool = False,
        keep_memory: bool = False,
    ) -> Encoded:
        """Encode the words and slots of a batch of windows.

        words (WindowBatch): The pieces of the windows. slots (Optional[SlotBatch]): Their slots.
        pattern (str): "full": words and slots of a window attend to all of each other, as in
            pretraining. "independent": words see words; a slot sees its window's words and itself.
        training (bool): Apply dropout.
        checkpointing (bool): Save memory in training: recompute each layer in the backward pass.
        keep_memory (bool): With "independent", return what ``encode_slots`` needs.
        RETURNS (Encoded): States of words and slots.
        RAISES (ValueError): If the batch does not fit itself or the tables of the encoder.
        """
        if pattern not in ("full", "independent") or (keep_memory and pattern == "full"):
            raise ValueError(Errors.M217.format(pattern=pattern, keep_memory=keep_memory))
        words.check(self.config)
        n_words = host_lengths(words.lengths)
        n_slots = np.zeros_like(n_words)
        if slots is not None:
            slots.check(self.config, n_words)
            n_slots = host_lengths(slots.lengths)
        first = self.embeddings(words.word_ids.to(self.device), n_words, training)
        placed = self._embed_slots(slots, first, training)
        run = _Runner(training, checkpointing)
        if pattern == "full":
            return self._full(first, placed, n_words, n_slots, run)
        return self._independent(first, placed, n_words, n_slots, run, keep_memory)

    def encode_words(
        self, words: WindowBatch, *, training: bool = False, checkpointing: bool = False
    ) -> WordMemory:
        """Encode words so that slots can be added later, in the "independent" pattern.

        RETURNS (WordMemory): Final states of the words, and their keys and values in every layer.
        """
        encoded = self(
            words,
            pattern="independent",
            training=training,
            checkpointing=checkpointing,
            keep_memory=True,
        )
        return encoded.memory

    def encode_slots(
        self,
        memory: WordMemory,
        slots: SlotBatch,
        *,
        training: bool = False,
        checkpointing: bool = False,
    ) -> Tensor:
        """Encode slots on words that have been encoded before.

        memory (WordMemory): What ``encode_words`` gave. slots (SlotBatch): Slots of its windows.
        RETURNS (Tensor): (S, hidden_size), equal to ``forward(.., pattern="independent").slots``.
        """
        slots.check(self.config, memory.lengths)
        states = self._embed_slots(slots, memory.words, training)
        layout = self._slot_layout(memory.lengths, host_lengths(slots.lengths), memory.order)
        states = layout.arrange(states)
        run = _Runner(training, checkpointing)
        for layer, keys, values in zip(self.encoder, memory.keys, memory.values, strict=True):
            states = run(layer.slots, keys, values, states, layout)
        return layout.restore(states)

    def _embed_slots(self, slots: Optional[SlotBatch], words: Tensor, training: bool) -> Tensor:
        if slots is None or not len(slots.entity_ids):
            return words.new_empty((0, self.config.hidden_size))
        return self.entity_embeddings(slots.entity_ids.to(self.device), slots.ranges, training)

    def _slot_layout(self, n_words: HostInts, n_slots: HostInts, order: HostInts) -> Layout:
        return slot_layout(n_slots, n_words, order, padding=self.padding, device=self.device)

    def _full(
        self, words: Tensor, slots: Tensor, n_words: HostInts, n_slots: HostInts, run: "_Runner"
    ) -> Encoded:
        layout = joint_layout(n_words, n_slots, padding=self.padding, device=self.device)
        states = layout.arrange(torch.cat([words, slots]) if len(slots) else words)
        for layer in self.encoder:
            states = run(layer.joint, states, layout)
        final = layout.restore(states)
        return Encoded(final[: len(words)], final[len(words) :])

    def _independent(
        self,
        words: Tensor,
        slots: Tensor,
        n_words: HostInts,
        n_slots: HostInts,
        run: "_Runner",
        keep_memory: bool,
    ) -> Encoded:
        order = np.lexsort((n_slots, n_words))
        for_words = word_layout(n_words, order, padding=self.padding, device=self.device)
        for_slots = self._slot_layout(n_words, n_slots, order)
        words, slots = for_words.arrange(words), for_slots.arrange(slots)
        all_keys, all_values = [], []
        for layer in self.encoder:
            if keep_memory:
                words, keys, values = run(layer.words, words, for_words)
                all_keys.append(keys)
                all_values.append(values)
                if len(slots):
                    slots = run(layer.slots, keys, values, slots, for_slots)
            elif len(slots):
                words, slots = run(layer.words_and_slots, words, slots, for_words, for_slots)
            else:
                words = run(layer.joint, words, for_words)
        words = for_words.restore(words)
        memory = WordMemory(words, all_keys, all_values, n_words, order) if keep_memory else None
        return Encoded(words, for_slots.restore(slots), memory)


@dataclass
class _Runner:
    """Calls a layer, through ``torch.utils.checkpoint`` where that is asked for."""

    training: bool
    checkpointing: bool

    def __call__(self, layer: Callable[..., Any], *inputs: Any) -> Any:
        if self.checkpointing and self.training:
            return checkpoint(layer, *inputs, self.training, use_reentrant=False)
        return layer(*inputs, self.training)
