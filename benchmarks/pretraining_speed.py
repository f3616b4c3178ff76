"""Pretraining: updates of ours against updates of transformers' `LukeForMaskedLM`.

Both train a model of the same sizes (4 layers of 192, 28,000 pieces, 40,000 entities) with AdamW on
the same instances, hiding the same shares of pieces and entities, by bf16 autocast. Theirs gets
what one writes first: instances in random order, padded to the longest of the batch. Ours gets the
batches of `BatchSampler`. "ours, fp32" and "ours, sampled" (4,096 candidates a batch) stand beside
it. Figures are real pieces a second.
"""

import tempfile
from pathlib import Path
from typing import Any, Dict, List, Mapping

import numpy as np
import torch
from common import CLOCKS, interleave, options, report

from spacy_mluke.modeling.config import EncoderConfig
from spacy_mluke.pretraining.batches import CandidateSampler, Masker, gather_inputs
from spacy_mluke.pretraining.instances import Instance
from spacy_mluke.pretraining.masking import MaskingSettings
from spacy_mluke.pretraining.model import PretrainingModel, Totals
from spacy_mluke.pretraining.optimizer import StageOptimizer, trainable_weights
from spacy_mluke.pretraining.sampling import BatchSampler, SamplingSettings
from spacy_mluke.pretraining.settings import OptimizerSettings, StageSettings
from spacy_mluke.pretraining.shards import Shard, write_shard
from spacy_mluke.text.arrays import as_spans, ints

MASK_PIECE = 28_001
CONFIG = EncoderConfig(
    vocab_size=28_004,
    hidden_size=192,
    num_hidden_layers=4,
    num_attention_heads=6,
    intermediate_size=768,
    entity_vocab_size=40_004,
    entity_emb_size=64,
    hidden_dropout_prob=0.0,
    attention_probs_dropout_prob=0.0,
)
BATCH_PIECES = 4096
THEIRS, OURS = "transformers", "ours"


def describe() -> Mapping[str, Any]:
    """RETURNS (Mapping[str, Any]): Metadata of the shard."""
    return {"language": "xx"}


def make_shard(folder: Path, instances: int) -> Shard:
    """RETURNS (Shard): Random instances of 20 to 126 pieces with an entity for every 25."""
    random = np.random.default_rng(0)
    with write_shard(folder, vocab_size=CONFIG.vocab_size, describe=describe) as writer:
        for length in random.integers(20, 127, instances).tolist():
            starts = np.sort(random.choice(length - 3, size=max(1, length // 25), replace=False))
            spans = as_spans(np.stack([starts, starts + 3], axis=1))
            entities = ints(random.integers(4, CONFIG.entity_vocab_size, len(starts)))
            writer.add(Instance(ints(random.integers(4, MASK_PIECE, length)), entities, spans))
    return Shard(folder)


class Ours:
    """Updates as the trainer makes them.

    shard (Shard): The data. updates (int): A round.
    candidates (int): 0 for the whole table. precision (torch.dtype): bfloat16 for autocast.
    """

    def __init__(
        self, shard: Shard, updates: int, *, candidates: int, precision: torch.dtype
    ) -> None:
        lengths = shard.lengths() + 2 + shard.entity_counts()
        self.shards, self.updates, self.precision = [shard], updates, precision
        self.sampler = BatchSampler([lengths], SamplingSettings(batch_pieces=BATCH_PIECES))
        drawn = None
        if candidates:
            counts = np.ones(CONFIG.entity_vocab_size, dtype=np.int64)
            drawn = CandidateSampler(counts, candidates)
        self.masker = Masker(
            MaskingSettings(entities=0.5), mask_piece=MASK_PIECE, mask_entity=0, sampler=drawn
        )
        self.model = PretrainingModel(CONFIG)
        stage = StageSettings(10**6, 1e-4)
        weights = trainable_weights(self.model, stage, with_entities=True)
        self.optimizer = StageOptimizer(weights, stage, OptimizerSettings())
        self.pieces: List[int] = []

    def __call__(self) -> None:
        random = np.random.default_rng(len(self.pieces))
        pieces = 0
        for step in range(self.updates):
            inputs = gather_inputs(self.shards, next(self.sampler), with_entities=True)
            batch = self.masker(inputs, random)
            totals = Totals(len(batch.word_places), len(batch.entity_places))
            with torch.autocast("cpu", torch.bfloat16, enabled=self.precision != torch.float32):
                words, entities = self.model(batch, totals, self.precision)
            (words + entities).backward()
            self.optimizer.step(step)
            pieces += len(inputs.pieces)
        self.pieces.append(pieces)


class Theirs:
    """Updates of `LukeForMaskedLM` on padded batches. shard, updates: As for `Ours`."""

    def __init__(self, shard: Shard, updates: int) -> None:
        from transformers import LukeConfig, LukeForMaskedLM

        self.shard, self.updates = shard, updates
        self.model = LukeForMaskedLM(LukeConfig(**CONFIG.to_hf())).train()
        self.adam = torch.optim.AdamW(self.model.parameters(), lr=1e-4)
        self.size = round(BATCH_PIECES / float((shard.lengths() + 2).mean()))
        self.pieces: List[int] = []

    def __call__(self) -> None:
        random = np.random.default_rng(len(self.pieces))
        pieces = 0
        for _ in range(self.updates):
            batch = self.batch(random.integers(0, len(self.shard), self.size))
            pieces += int(batch["attention_mask"].sum())
            with torch.autocast("cpu", torch.bfloat16):
                loss = self.model(**batch).loss
            loss.backward()
            self.adam.step()
            self.adam.zero_grad()
        self.pieces.append(pieces)

    def batch(self, rows: np.ndarray) -> Dict[str, torch.Tensor]:
        """RETURNS (Dict[str, torch.Tensor]): Padded inputs and labels of some instances."""
        instances = [self.shard[row] for row in rows.tolist()]
        words = max(len(instance.pieces) for instance in instances) + 2
        slots = max(len(instance.entities) for instance in instances)
        n = len(instances)
        batch = {
            "input_ids": torch.ones(n, words, dtype=torch.long),
            "attention_mask": torch.zeros(n, words, dtype=torch.long),
            "labels": torch.full((n, words), -100),
            "entity_ids": torch.zeros(n, slots, dtype=torch.long),
            "entity_attention_mask": torch.zeros(n, slots, dtype=torch.long),
            "entity_labels": torch.full((n, slots), -100),
            "entity_position_ids": torch.full((n, slots, 3), -1),
        }
        for i, instance in enumerate(instances):
            length, m = len(instance.pieces), len(instance.entities)
            pieces = torch.from_numpy(instance.pieces).long()
            batch["input_ids"][i, 0], batch["input_ids"][i, length + 1] = 0, 2
            batch["input_ids"][i, 1 : length + 1] = pieces
            batch["attention_mask"][i, : length + 2] = 1
            hidden = 1 + torch.randperm(length)[: round(0.15 * length)]
            batch["labels"][i, hidden] = batch["input_ids"][i, hidden]
            batch["input_ids"][i, hidden] = MASK_PIECE
            entities = torch.from_numpy(instance.entities).long()
            batch["entity_ids"][i, :m] = entities
            batch["entity_attention_mask"][i, :m] = 1
            starts = torch.from_numpy(instance.ranges[:, :1].astype(np.int64)) + 1
            batch["entity_position_ids"][i, :m] = starts + torch.arange(3)
            places = torch.randperm(m)[: max(1, m // 2)]
            batch["entity_labels"][i, places] = entities[places]
            batch["entity_ids"][i, places] = 0
        return batch


def main() -> None:
    """Measure and print."""
    parser = options(__doc__, rounds=5, sentences=0)
    parser.add_argument("--updates", type=int, default=8, help="a round; default: 8")
    parser.add_argument("--threads", type=int, default=2, help="of torch; default: 2")
    parser.add_argument(
        "--clock",
        choices=list(CLOCKS),
        default="wall",
        help="cpu: processor time, for a machine that is busy with other things; default: wall",
    )
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(0)
    with tempfile.TemporaryDirectory() as folder:
        shard = make_shard(Path(folder) / "xx", 20_000)
        low, full = torch.bfloat16, torch.float32
        cases: Dict[str, Any] = {
            THEIRS: Theirs(shard, arguments.updates),
            OURS: Ours(shard, arguments.updates, candidates=0, precision=low),
            "ours, sampled": Ours(shard, arguments.updates, candidates=4096, precision=low),
            "ours, fp32": Ours(shard, arguments.updates, candidates=0, precision=full),
        }
        for case in cases.values():
            case()
            case.pieces.clear()
        seconds = interleave(cases, arguments.rounds, arguments.clock)
    # the report compares seconds: of a million pieces
    measured = {
        name: [1e6 * s / pieces for s, pieces in zip(seconds[name], case.pieces, strict=True)]
        for name, case in cases.items()
    }
    report(
        "Pretraining, seconds for a million pieces",
        measured,
        base=THEIRS,
        unit="s",
        goals={},
        notes={"pieces a second": {k: round(1e6 / min(v)) for k, v in measured.items()}},
        path=arguments.json,
    )


if __name__ == "__main__":
    main()
