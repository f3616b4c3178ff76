"""The encoder in plain PyTorch: windows of pieces and entity slots in, their states out."""

from .batch import SlotBatch, WindowBatch
from .checkpoint import Checkpoint, build_encoder, load_checkpoint
from .config import EncoderConfig
from .encoder import Encoded, MLukeEncoder, WordMemory
from .heads import EntityHead, WordHead
from .saving import save_checkpoint
from .weights import load_state_bytes, state_bytes

__all__ = [
    "Checkpoint",
    "Encoded",
    "EncoderConfig",
    "EntityHead",
    "MLukeEncoder",
    "SlotBatch",
    "WindowBatch",
    "WordHead",
    "WordMemory",
    "build_encoder",
    "load_checkpoint",
    "load_state_bytes",
    "save_checkpoint",
    "state_bytes",
]
