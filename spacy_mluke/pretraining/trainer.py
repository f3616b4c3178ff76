"""The training loop: batches in, losses out, a state on disk every few minutes."""

import signal
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType
from typing import Any, ContextManager, Dict, Iterator, List, Optional, Sequence

import numpy as np
import torch
from accelerate import Accelerator
from accelerate.utils import DistributedDataParallelKwargs
from tqdm import tqdm  # type: ignore[import-untyped]

from ..errors import Errors
from .batches import MaskedBatch, Masker, gather_inputs
from .masking import number_to_mask
from .model import PretrainingModel, Totals
from .optimizer import StageOptimizer, trainable_weights
from .run_state import RunState, SavedState, append_metrics, save_state
from .sampling import BatchSampler
from .settings import PretrainingSettings
from .shards import Shard

_SMOOTHING = 0.98  # of the losses that the progress bar shows


@dataclass
class Prepared:
    """The data of one update, made while the one before it is computed.

    parts (List[MaskedBatch]): What this process does of it. totals (Totals): Of all processes.
    pieces (int): Of all processes. sampler (Dict[str, Any]): State of the sampler after it.
    """

    parts: List[MaskedBatch]
    totals: Totals
    pieces: int
    sampler: Dict[str, Any]


class Trainer:
    """Trains a model, on one process or many.

    model (PretrainingModel): The model; its weights are changed in place.
    shards (Sequence[Shard]): Training data. masker (Masker): Hides pieces and entities.
    settings (PretrainingSettings): How.
    folder (Path): Where state and log go.
    fingerprint (str): Of settings and data, kept in the state.
    progress (bool): Show a progress bar.
    """

    def __init__(
        self,
        model: PretrainingModel,
        shards: Sequence[Shard],
        masker: Masker,
        settings: PretrainingSettings,
        folder: Path,
        *,
        fingerprint: str,
        progress: bool = True,
    ) -> None:
        self.model, self.shards, self.masker = model, shards, masker
        self.settings, self.folder, self.progress = settings, folder, progress
        self.stages = list(settings.stages.values())
        self.state = RunState(fingerprint=fingerprint)
        self.sampler = BatchSampler([_rows(shard) for shard in shards], settings.sampling)
        run = settings.run
        self.dtype = torch.bfloat16 if run.precision == "bf16" else torch.float32
        self.accelerator = Accelerator(
            cpu=run.device == "cpu",
            kwargs_handlers=[DistributedDataParallelKwargs(find_unused_parameters=True)],
        )
        processes = self.accelerator.num_processes
        if run.micro_batches % processes:
            raise ValueError(Errors.M738.format(parts=run.micro_batches, processes=processes))
        self._stop = False
        self._saved_optimizer: Optional[Dict[str, torch.Tensor]] = None

    @property
    def is_main(self) -> bool:
        """RETURNS (bool): Whether this process writes files and shows progress."""
        return bool(self.accelerator.is_main_process)

    def resume(self, saved: SavedState) -> None:
        """saved (SavedState): Where to go on from."""
        self.state = saved.state
        self.model.load_state_dict(saved.weights)
        self._saved_optimizer = saved.optimizer

    def run(self) -> Iterator[RunState]:
        """Train to the end, or until a signal asks to stop.

        YIELDS (RunState): After each update that `evaluate_every` names, and at the end.
        """
        start = self.state.stage
        with self._signals():
            for index in range(start, len(self.stages)):
                self.state.stage = index
                yield from self._run_stage(index)
                if self._stop:
                    break
                if index + 1 < len(self.stages):
                    self.state.stage, self.state.stage_step = index + 1, 0
        if self._stop:
            raise KeyboardInterrupt

    def _run_stage(self, index: int) -> Iterator[RunState]:
        stage, run = self.stages[index], self.settings.run
        weights = trainable_weights(self.model, stage, with_entities=run.with_entities)
        model = self.accelerator.prepare_model(self.model)
        optimizer = StageOptimizer(weights, stage, self.settings.optimizer)
        if self._saved_optimizer and self.state.stage_step:
            optimizer.restore(self._saved_optimizer)
        self._saved_optimizer = None
        if self.state.sampler is not None:  # the loader of the last stage was one batch ahead
            self.sampler.restore(self.state.sampler)
        names = list(self.settings.stages)
        bar = tqdm(
            total=stage.steps,
            initial=self.state.stage_step,
            desc=names[index],
            unit=" steps",
            disable=not (self.progress and self.is_main),
            mininterval=1.0,
        )
        shown: Dict[str, float] = {}
        logged: List[np.ndarray] = []
        last_save = last_log = time.monotonic()
        pieces_at_log = self.state.pieces
        with bar, ThreadPoolExecutor(1) as loader:
            waiting: Future[Prepared] = loader.submit(self._prepare, self.state.step)
            while self.state.stage_step < stage.steps and not self._stop:
                begin = time.monotonic()
                prepared = waiting.result()
                waiting = loader.submit(self._prepare, self.state.step + 1)
                losses = self._update(model, optimizer, prepared)
                self._advance(prepared, begin)
                logged.append(losses)
                for name, value in zip(("mlm", "mep"), losses[:2].tolist(), strict=True):
                    shown[name] = _SMOOTHING * shown.get(name, value) + (1 - _SMOOTHING) * value
                bar.update(1)
                bar.set_postfix({k: f"{v:.2f}" for k, v in shown.items()}, refresh=False)
                step, is_last = self.state.step, self.state.stage_step == stage.steps
                if step % run.log_every == 0 or is_last:
                    now = time.monotonic()
                    speed = (self.state.pieces - pieces_at_log) / max(now - last_log, 1e-9)
                    self._log(np.mean(logged, axis=0), optimizer, names[index], speed)
                    logged, last_log, pieces_at_log = [], now, self.state.pieces
                due = time.monotonic() - last_save > 60 * run.save_minutes
                if due or is_last or self._stop:
                    self._save(optimizer)
                    last_save = time.monotonic()
                if is_last or (run.evaluate_every and step % run.evaluate_every == 0):
                    yield replace(self.state)
            waiting.cancel()

    def _prepare(self, step: int) -> Prepared:
        """The update after `step` others. Each micro-batch has a chance of its own, so that it is
        the same whichever process makes it.
        """
        settings, accelerator = self.settings, self.accelerator
        instances = next(self.sampler)
        inputs = gather_inputs(
            self.shards, instances, with_entities=settings.run.with_entities
        )
        micro = inputs.split(settings.run.micro_batches)
        masking = settings.masking
        totals = Totals(
            sum(number_to_mask(len(p.pieces) - 2 * len(p.lengths), masking.words) for p in micro),
            sum(number_to_mask(len(part.entities), masking.entities) for part in micro),
        )
        mine = range(accelerator.process_index, len(micro), accelerator.num_processes)
        seed = settings.run.seed
        parts = [self.masker(micro[i], np.random.default_rng([seed, step, i])) for i in mine]
        return Prepared(parts, totals, len(inputs.pieces), self.sampler.state())

    def _update(
        self, model: torch.nn.Module, optimizer: StageOptimizer, prepared: Prepared
    ) -> np.ndarray:
        """RETURNS (np.ndarray): Losses of words and of entities, and length of the gradient."""
        # Dropout depends on the step alone, so that a resumed run does what the first one did.
        seed = [self.settings.run.seed, self.state.step, self.accelerator.process_index]
        torch.manual_seed(int(np.random.SeedSequence(seed).generate_state(1)[0]))
        processes = self.accelerator.num_processes
        sums = torch.zeros(2, device=self.accelerator.device)
        for i, part in enumerate(prepared.parts):
            is_last = i + 1 == len(prepared.parts)
            low = self.dtype != torch.float32
            autocast = torch.autocast(self.accelerator.device.type, self.dtype, enabled=low)
            with self._gradients_of(model, is_last), autocast:
                words, entities = model(part, prepared.totals, self.dtype)
                # Gradients are averaged over processes; the losses are parts of one mean.
                (processes * (words + entities)).backward()
            sums += torch.stack([words.detach(), entities.detach()])
        norm = optimizer.step(self.state.stage_step)
        losses = self.accelerator.reduce(sums, reduction="sum").cpu().numpy()
        return np.append(losses, norm)

    def _gradients_of(self, model: torch.nn.Module, is_last: bool) -> ContextManager[Any]:
        """Processes exchange gradients once an update."""
        return nullcontext() if is_last else self.accelerator.no_sync(model)

    def _advance(self, prepared: Prepared, begin: float) -> None:
        self.state.step += 1
        self.state.stage_step += 1
        self.state.pieces += prepared.pieces
        self.state.sampler = prepared.sampler
        self.state.seconds += time.monotonic() - begin

    def _log(
        self, means: np.ndarray, optimizer: StageOptimizer, stage: str, speed: float
    ) -> None:
        if self.is_main:
            record = {
                "step": self.state.step,
                "stage": stage,
                "mlm_loss": float(means[0]),
                "mep_loss": float(means[1]),
                "gradient": float(means[2]),
                "learn_rate": optimizer.rate(self.state.stage_step - 1),
                "pieces": self.state.pieces,
                "seconds": round(self.state.seconds, 1),
                "pieces_per_second": round(speed),
            }
            append_metrics(self.folder, record)

    def _save(self, optimizer: StageOptimizer) -> None:
        if self.is_main:
            save_state(self.folder, self.state, self.model.state_dict(), optimizer.state())
        self.accelerator.wait_for_everyone()

    @contextmanager
    def _signals(self) -> Iterator[None]:
        """Ctrl+C and a request to terminate let the update end, and save."""

        def stop(number: int, frame: Optional[FrameType]) -> None:
            self._stop = True

        before = {kind: signal.signal(kind, stop) for kind in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for kind, handler in before.items():
                signal.signal(kind, handler)


def _rows(shard: Shard) -> np.ndarray:
    """Rows an instance takes. Those of entities count without them, too: both ablations then see
    the same batches.
    """
    return shard.lengths() + 2 + shard.entity_counts()
