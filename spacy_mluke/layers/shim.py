"""The link between a thinc layer and the PyTorch encoder.

thinc's stock shim switches the module to eval mode for a prediction and back to train mode after
it, so two threads that predict at once see dropout. Here dropout is an argument of the forward
pass, nothing is switched, and prediction shares no state that it changes.
"""

import contextlib
import copy
import multiprocessing
from contextvars import ContextVar
from pathlib import Path
from typing import Any, Dict, Iterator, Optional, Union

import numpy as np
import srsly
import torch
from thinc.api import Optimizer, Shim, get_torch_default_device, torch2xp, xp2torch

from ..entities.rows import EntityRows
from ..errors import Errors
from ..modeling.config import EncoderConfig
from ..modeling.encoder import MLukeEncoder
from ..modeling.precision import empty_encoder
from ..modeling.weights import load_state_bytes, state_bytes
from ..text.pieces import PieceEncoder
from .modules import EncoderModules
from .plan import WindowSettings
from .settings import EncoderSettings

# Set while a component writes the weights as files of its own, so that the thinc model beside
# them is written without.
_WEIGHTS_APART: ContextVar[bool] = ContextVar("weights_apart", default=False)


class EncoderShim(Shim):
    """Holds an encoder with its pieces and entity table; empty until initialised or loaded.

    settings (EncoderSettings): The layer's settings.
    """

    def __init__(self, settings: EncoderSettings) -> None:
        super().__init__(None)
        self.settings = settings
        self._pieces: Optional[PieceEncoder] = None
        self.entities = EntityRows({})
        # Pretraining heads of the checkpoint that the weights came from, for components that
        # start from them. They are neither trained nor saved here.
        self.heads: Dict[str, torch.Tensor] = {}
        # For prediction: made of the modules in fp32, or loaded, and then those are made of them.
        self._low: Optional[EncoderModules] = None

    @property
    def is_loaded(self) -> bool:
        """RETURNS (bool): Whether there are weights."""
        return self._model is not None or self._low is not None

    @property
    def loaded(self) -> EncoderModules:
        """RETURNS (EncoderModules): The modules as they were loaded or trained.

        RAISES (ValueError): If there are no weights yet.
        """
        modules = self._low if self._model is None else self._model
        if modules is None:
            raise ValueError(Errors.M308)
        return modules

    @property
    def module(self) -> EncoderModules:
        """RETURNS (EncoderModules): The modules in fp32, to be trained.

        RAISES (ValueError): If there are no weights yet.
        """
        if self._model is None:
            self._model = self.loaded.widened()
        return self._model

    @property
    def pieces(self) -> PieceEncoder:
        """RETURNS (PieceEncoder): Turns Docs to piece ids.

        RAISES (ValueError): If there is no vocabulary yet.
        """
        if self._pieces is None:
            raise ValueError(Errors.M308)
        return self._pieces

    @property
    def width(self) -> int:
        """RETURNS (int): Width of the states."""
        return self.loaded.encoder.config.hidden_size

    @property
    def windows(self) -> WindowSettings:
        """RETURNS (WindowSettings): How long Docs are cut."""
        return self.settings.windows(self.loaded.encoder.config.max_pieces)

    @property
    def device(self) -> torch.device:
        """RETURNS (torch.device): Where the weights are."""
        return next(self.loaded.parameters()).device

    def tensor(self, array: np.ndarray) -> torch.Tensor:
        """RETURNS (torch.Tensor): An int64 tensor of an index array, where the weights are."""
        return torch.from_numpy(np.ascontiguousarray(array, dtype="int64")).to(self.device)

    @contextlib.contextmanager
    def computing(self, is_train: bool) -> Iterator[None]:
        """Record gradients or not, and use mixed precision in training if the settings say so.

        is_train (bool): Whether it is a training batch.
        """
        if not is_train:
            with torch.inference_mode():
                yield
        elif self.settings.precision == "bf16":
            with torch.autocast(self.device.type, dtype=torch.bfloat16):
                yield
        else:
            yield

    def fill(self, encoder: MLukeEncoder, pieces: PieceEncoder, entities: EntityRows) -> None:
        """Take an encoder and what belongs to it.

        encoder (MLukeEncoder): The encoder.
        pieces (PieceEncoder): Its pieces.
        entities (EntityRows): Row of each entity key.
        RAISES (ValueError): If vocabulary and word table disagree in size.
        """
        rows = encoder.config.vocab_size
        if pieces.vocab_size > rows:
            raise ValueError(Errors.M309.format(pieces=pieces.vocab_size, rows=rows))
        self.settings.windows(encoder.config.max_pieces)  # raises if the encoder can't read them
        if encoder.config.entity_vocab_size > len(entities.special):
            # Rows that no text of the training data names would only decay.
            encoder.entity_embeddings.entity_embeddings.weight.requires_grad_(False)
        modules = EncoderModules(encoder, self.settings.proposer).to(get_torch_default_device())
        is_low = encoder.precision != "fp32"
        self._model, self._low = (None, modules) if is_low else (modules, None)
        self._pieces, self.entities = pieces, entities
        self.heads = {}

    def inference_module(self, precision: str) -> EncoderModules:
        """The modules for prediction, in the precision of the settings.

        precision (str): "fp32", "bf16" or "int8".
        RETURNS (EncoderModules): The modules themselves, or a reduced copy of them that is made
            once and dropped when the weights change.
        RAISES (RuntimeError): If CUDA cannot be used in this forked process.
        """
        if multiprocessing.parent_process() is not None:
            _prepare_child()
        if precision == "fp32":
            return self.module
        low = self._low
        if low is None or low.encoder.precision != precision:
            low = self.module.reduced(precision)
            self._low = low
        return low

    def reduce(self) -> None:
        """Keep the weights for prediction in the precision of the settings, and no others."""
        if self.settings.precision != "fp32":
            self._low = self.inference_module(self.settings.precision)
            self._model = None

    def finish_update(self, optimizer: Optimizer) -> None:
        """Step all parameters that have a gradient.

        optimizer (Optimizer): The optimizer.
        """
        if self._model is None:
            return
        for name, param in self._model.named_parameters():
            if param.grad is None:
                continue
            weights, _ = optimizer(
                (self.id, name),
                torch2xp(param.data),
                torch2xp(param.grad),
            )
            stepped = xp2torch(weights, requires_grad=False, device=param.device)
            # Put in its place it would hold on to the tensor that it is a view of, and that one to
            # the tensor of the step before: nothing would ever be freed.
            if stepped.data_ptr() != param.data_ptr():
                param.data.copy_(stepped)
            param.grad.zero_()
        self._low = None

    @contextlib.contextmanager
    def use_params(self, params: Dict[Any, Any]) -> Iterator[None]:
        """Use other parameter values, such as an optimizer's averages, for a while.

        params (Dict[Any, Any]): Values by (shim id, parameter name).
        """
        own = dict(self._model.named_parameters()) if self._model is not None else {}
        backup = {name: param.data for name, param in own.items() if (self.id, name) in params}
        for name in backup:
            own[name].data = xp2torch(params[self.id, name], device=own[name].device)
        self._low = None if backup else self._low
        try:
            yield
        finally:
            for name, data in backup.items():
                own[name].data = data
            self._low = None if backup else self._low

    def copy(self) -> "EncoderShim":
        """RETURNS (EncoderShim): A copy with weights of its own."""
        other = EncoderShim(self.settings)
        other._model = copy.deepcopy(self._model)
        other._low = copy.deepcopy(self._low) if self._model is None else None
        other._pieces, other.entities = self._pieces, self.entities
        return other

    def to_device(self, device_type: str, device_id: int) -> None:
        """Move the weights.

        device_type (str): "cpu" or "gpu".
        device_id (int): Number of the GPU.
        RAISES (ValueError): If there is no such device.
        """
        if device_type == "gpu" and not torch.cuda.is_available():
            raise ValueError(Errors.M310.format(device_id=device_id))
        device = torch.device("cpu") if device_type == "cpu" else torch.device("cuda", device_id)
        if self._model is not None:
            self._model.to(device)
            self._low = None
        elif self._low is not None:
            self._low.to(device)

    def to_bytes(self) -> bytes:
        """RETURNS (bytes): Everything, or nothing while the weights are written apart."""
        if _WEIGHTS_APART.get() or not self.is_loaded:
            return b""
        msg = {
            "config": self.loaded.encoder.config.to_hf(),
            "precision": self.loaded.encoder.precision,
            "state": state_bytes(self.loaded),
            "pieces": self.pieces.model,
            "special": self.entities.special,
            "entities": dict(self.entities),
        }
        return srsly.msgpack_dumps(msg)

    def from_bytes(self, bytes_data: bytes) -> "EncoderShim":
        """Load what `to_bytes` gave.

        bytes_data (bytes): The bytes; nothing is loaded from an empty string.
        RETURNS (EncoderShim): This shim.
        """
        if bytes_data:
            msg = srsly.msgpack_loads(bytes_data)
            config = EncoderConfig.from_hf(msg["config"])
            encoder = empty_encoder(config, msg.get("precision", "fp32")).to_empty(device="cpu")
            pieces = PieceEncoder(msg["pieces"], mode=self.settings.piece_mode)
            self.fill(encoder, pieces, EntityRows(msg["special"], msg["entities"].copy))
            load_state_bytes(self.loaded, msg["state"])
        return self

    def to_disk(self, path: Union[str, Path]) -> None:
        """Write the encoder as a Hugging Face folder, with the span proposer beside it.

        path (str / Path): The folder.
        """
        from .files import save_shim

        save_shim(self, Path(path))

    def from_disk(self, path: Union[str, Path]) -> "EncoderShim":
        """Load from a folder that `to_disk` wrote. Weights are mapped, not read.

        path (str / Path): The folder.
        RETURNS (EncoderShim): This shim.
        """
        from .files import load_shim

        load_shim(self, Path(path))
        return self

    def __getstate__(self) -> Dict[str, Any]:
        low = self._low if self._model is None else None
        return {**self.__dict__, "_low": low, "heads": {}}


@contextlib.contextmanager
def weights_apart() -> Iterator[None]:
    """Serialise thinc models without their encoders' weights, for as long as this lasts."""
    token = _WEIGHTS_APART.set(True)
    try:
        yield
    finally:
        _WEIGHTS_APART.reset(token)


def _prepare_child() -> None:
    # OpenMP's thread pool does not survive a fork, and workers would fight for the same cores.
    if torch.get_num_threads() > 1:
        torch.set_num_threads(1)
    if torch.cuda.is_available() and torch.cuda._is_in_bad_fork():
        raise RuntimeError(Errors.M311)
