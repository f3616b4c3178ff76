"""The encoder in plain PyTorch: windows of pieces and entity slots in, their states out."""

from .batch import SlotBatch, WindowBatch
from .config import EncoderConfig
from .encoder import Encoded, MLukeEncoder, WordMemory
from .heads import EntityHead, WordHead

__all__ = [
    "Encoded",
    "EncoderConfig",
    "EntityHead",
    "MLukeEncoder",
    "SlotBatch",
    "WindowBatch",
    "WordHead",
    "WordMemory",
]
