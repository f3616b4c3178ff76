"""A whole run: from a dataset and settings to a checkpoint that the pipeline loads."""

import json
import os
from contextlib import nullcontext
from dataclasses import asdict, replace
from hashlib import blake2b
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from ..errors import Errors
from ..files import PathLike, atomic_path
from ..modeling.encoder import MLukeEncoder
from ..text.pieces import PieceEncoder
from .batches import CandidateSampler, Masker
from .dataset import HELD_OUT, TRAIN
from .evaluate import Scores, evaluate
from .locks import locked
from .model import PretrainingModel
from .position_heads import set_position_heads
from .run_state import append_metrics, load_state, rewind_metrics
from .settings import PretrainingSettings
from .shards import Shard, find_shards
from .start import Vocabularies, model_from_checkpoint, model_from_scratch, save_pretrained
from .trainer import Trainer
from .warm_start import learn_vectors, warm_start

CHECKPOINT, SETTINGS = "checkpoint", "settings.json"


class Pretraining:
    """A run in a folder. Started again with the same settings, it goes on where it stopped.

    settings (PretrainingSettings): How. dataset (PathLike): What `dataset.build_shards` wrote,
        with the two vocabularies.
    output (PathLike): The folder of the run: states, log, and in the end the checkpoint.
    progress (bool): Show progress bars.
    RAISES (ValueError): If the dataset is not whole, or the folder has a run of other settings.
    """

    def __init__(
        self,
        settings: PretrainingSettings,
        dataset: PathLike,
        output: PathLike,
        *,
        progress: bool = True,
    ) -> None:
        self.settings, self.output = settings, Path(output)
        self.vocabularies = Vocabularies.read(dataset)
        self.pieces = PieceEncoder(self.vocabularies.pieces)
        self.shards = [Shard(folder) for folder in find_shards(Path(dataset) / TRAIN)]
        held_out = Path(dataset) / HELD_OUT
        self.held_out = [Shard(f) for f in find_shards(held_out)] if held_out.is_dir() else []
        self.fingerprint = _fingerprint(settings, self.shards)
        self.progress = progress
        self.is_main = True

    def run(self) -> PretrainingModel:
        """Train to the end and write the checkpoint.

        RETURNS (PretrainingModel): The trained model.
        RAISES (KeyboardInterrupt): When a signal has stopped it; the state is saved.
        """
        self.output.mkdir(parents=True, exist_ok=True)
        # Of several processes the first one holds the lock for all.
        first = int(os.environ.get("RANK", "0")) == 0
        with locked(self.output) if first else nullcontext():
            return self._run()

    def _run(self) -> PretrainingModel:
        saved = load_state(self.output)
        if saved is not None and saved.state.fingerprint != self.fingerprint:
            raise ValueError(Errors.M750.format(folder=self.output))
        model = self._empty_model() if saved is not None else self._first_model()
        trainer = Trainer(
            model,
            self.shards,
            self.masker(train=True),
            self.settings,
            self.output,
            fingerprint=self.fingerprint,
            progress=self.progress,
        )
        if saved is not None:
            trainer.resume(saved)
        if trainer.is_main:
            rewind_metrics(self.output, trainer.state.step)
            with atomic_path(self.output / SETTINGS) as path:
                path.write_text(json.dumps(asdict(self.settings), indent=2) + "\n", "utf8")
        for state in trainer.run():
            if trainer.is_main and self.held_out:
                scores = self.evaluate(model, max_pieces=self.settings.run.evaluate_pieces)
                record = {name: value.summary() for name, value in scores.items()}
                append_metrics(self.output, {"step": state.step, "held_out": record})
        self.is_main = trainer.is_main
        if self.is_main:
            self.save(model, self.output / CHECKPOINT)
        return model

    def masker(self, *, train: bool) -> Masker:
        """RETURNS (Masker): As the settings say; for evaluation, all entities are scored."""
        run = self.settings.run
        sampler: Optional[CandidateSampler] = None
        if train and run.candidates:
            sampler = CandidateSampler(self.vocabularies.counts, run.candidates)
        return Masker(
            self.settings.masking,
            mask_piece=self.pieces.mask_id,
            mask_entity=self.vocabularies.special["[MASK]"],
            sampler=sampler,
        )

    def evaluate(self, model: PretrainingModel, *, max_pieces: int = 0) -> Dict[str, Scores]:
        """RETURNS (Dict[str, Scores]): Predictions on held-out data, by language and for "all"."""
        return evaluate(
            model,
            self.held_out,
            self.masker(train=False),
            max_pieces=max_pieces,
            with_entities=self.settings.run.with_entities,
        )

    def save(
        self, model: PretrainingModel, folder: Path, *, dtype: torch.dtype = torch.float32
    ) -> None:
        """Write a checkpoint folder, in the form of Hugging Face. From scratch, positions beyond
        the longest instance have not been trained: they are left out, so that no window is longer.

        model (PretrainingModel): The weights. folder (Path): Where to.
        dtype (torch.dtype): Store them so, e.g. float16.
        """
        config, state = model.encoder.config, model.encoder.state_dict()
        if self.settings.start.checkpoint is None:
            limits = [shard.metadata["settings"]["limits"]["max_pieces"] for shard in self.shards]
            longest = min(max(limits) + 2, config.max_window)
            config = replace(config, max_position_embeddings=longest + config.pad_token_id + 1)
            for name in state:
                if name.endswith("position_embeddings.weight"):
                    state[name] = state[name][: config.max_position_embeddings]
        encoder = MLukeEncoder(config)
        encoder.load_state_dict(state)
        heads = {name: tensor.to(dtype) for name, tensor in model.head_tensors().items()}
        save_pretrained(folder, encoder.to(dtype), heads, self.vocabularies)

    def _empty_model(self) -> PretrainingModel:
        start, seed = self.settings.start, self.settings.run.seed
        if start.checkpoint is not None:
            return model_from_checkpoint(start.checkpoint, self.vocabularies, seed=seed)
        return model_from_scratch(self.settings.encoder, self.vocabularies, seed=seed)

    def _first_model(self) -> PretrainingModel:
        model, start = self._empty_model(), self.settings.start
        if start.checkpoint is None and start.skip_gram_epochs:
            config = model.encoder.config
            words, entities = learn_vectors(
                self.shards,
                n_pieces=config.vocab_size,
                n_entities=config.entity_vocab_size,
                size=config.hidden_size,
                epochs=start.skip_gram_epochs,
                seed=self.settings.run.seed,
                progress=self.progress,
            )
            warm_start(
                model,
                words,
                entities,
                word_counts=_counts([shard.pieces for shard in self.shards], config.vocab_size),
                entity_counts=_counts(
                    [shard.entities for shard in self.shards], config.entity_vocab_size
                ),
            )
        if start.checkpoint is None and start.position_heads:
            set_position_heads(model, seed=self.settings.run.seed)
        return model


def _counts(parts: Sequence[NDArray[Any]], rows: int) -> NDArray[np.int64]:
    counts = np.zeros(rows, dtype=np.int64)
    for part in parts:
        counts += np.bincount(part, minlength=rows)
    return counts


def _fingerprint(settings: PretrainingSettings, shards: List[Shard]) -> str:
    """What decides the course of a run. How often it logs and saves does not."""
    values = asdict(settings)
    for name in ("log_every", "save_minutes", "evaluate_every", "evaluate_pieces"):
        del values["run"][name]
    values["data"] = [shard.metadata["files"] for shard in shards]
    text = json.dumps(values, sort_keys=True)
    return blake2b(text.encode("utf8"), digest_size=16).hexdigest()
