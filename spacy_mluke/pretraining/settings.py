"""Everything a pretraining run is configured with, read from a config file."""

from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any, Dict, List, Mapping, Optional, Type, TypeVar, get_args, get_type_hints

from thinc.api import Config

from ..errors import Errors
from ..files import PathLike
from .masking import MaskingSettings
from .sampling import SamplingSettings

T = TypeVar("T")


@dataclass(frozen=True)
class StageSettings:
    """One stage with an optimizer of its own. mLUKE has two: entity parts first, then all.

    steps (int): How many updates.
    learn_rate (float): The highest; it rises linearly over `warmup` steps and then falls linearly
        to zero at the end of the stage.
    warmup (int): Steps.
    trainable (str): "all", or "entities": the entity table, its embedding parts and its head.
    """

    steps: int
    learn_rate: float
    warmup: int = 2500
    trainable: str = "all"


@dataclass(frozen=True)
class OptimizerSettings:
    """AdamW. The defaults are mLUKE's, but for the clipping, which it has switched off.

    bias_correction (bool): mLUKE's AdamW does not correct its averages for their start at zero.
    clip (float): Longest gradient over all weights; 0 for no limit.
    """

    beta1: float = 0.9
    beta2: float = 0.999
    eps: float = 1e-6
    weight_decay: float = 0.01
    bias_correction: bool = False
    clip: float = 1.0


@dataclass(frozen=True)
class EncoderSettings:
    """Sizes of an encoder that is trained from scratch, see `EncoderConfig`. `dropout` is that of
    the hidden states, `attention_dropout` that of the attention.
    """

    hidden_size: int = 192
    num_hidden_layers: int = 4
    num_attention_heads: int = 3
    intermediate_size: int = 768
    max_position_embeddings: int = 514
    entity_emb_size: int = 64
    dropout: float = 0.1
    attention_dropout: float = 0.1


@dataclass(frozen=True)
class StartSettings:
    """Where the weights come from.

    checkpoint (Optional[str]): XLM-R or mLUKE, a folder or a name on the hub. None is from scratch.
    skip_gram_epochs (int): From scratch: give the tables vectors of pieces and entities learned
        together by skip-gram in that many passes over the data, see `warm_start`. 0 is random.
    position_heads (bool): From scratch: let the first layers look at their own place and their
        neighbours from the beginning, see `position_heads`.
    """

    checkpoint: Optional[str] = None
    skip_gram_epochs: int = 1
    position_heads: bool = True


@dataclass(frozen=True)
class RunSettings:
    """How the run is done.

    with_entities (bool): False is masked language modelling alone, on the same data: the paper's
        "XLM-R + extra training".
    candidates (int): Entities drawn a batch for the entity loss; 0 scores the whole table.
    micro_batches (int): Parts that a batch is divided into; their gradients are added up. With
        several processes each does its share of them, so the result does not depend on how many
        processes there are.
    precision (str): "bf16" (autocast) or "fp32".
    device (str): "auto" (the GPU if there is one) or "cpu".
    log_every (int): Steps between lines of the log.
    save_minutes (float): Minutes between saved states, from which a killed run goes on.
    evaluate_every (int): Steps between evaluations on held-out data; 0 only at the end.
    evaluate_pieces (int): Pieces of each language that these evaluations read.
    seed (int): Of weights, dropout and masks. The order of data has its own, in `sampling`.
    """

    with_entities: bool = True
    candidates: int = 0
    micro_batches: int = 1
    precision: str = "bf16"
    device: str = "auto"
    log_every: int = 20
    save_minutes: float = 5.0
    evaluate_every: int = 0
    evaluate_pieces: int = 20000
    seed: int = 0


@dataclass(frozen=True)
class PretrainingSettings:
    """A whole run: one section of the config file each. Stages run in the order of the file."""

    encoder: EncoderSettings = field(default_factory=EncoderSettings)
    start: StartSettings = field(default_factory=StartSettings)
    sampling: SamplingSettings = field(default_factory=SamplingSettings)
    masking: MaskingSettings = field(default_factory=MaskingSettings)
    optimizer: OptimizerSettings = field(default_factory=OptimizerSettings)
    run: RunSettings = field(default_factory=RunSettings)
    stages: Dict[str, StageSettings] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.stages:
            raise ValueError(Errors.M740)
        choices = [("run", "precision", ("bf16", "fp32")), ("run", "device", ("auto", "cpu"))]
        for section, name, allowed in choices:
            value = getattr(getattr(self, section), name)
            if value not in allowed:
                raise ValueError(_wrong(section, name, value, allowed))
        for stage_name, stage in self.stages.items():
            if stage.trainable not in ("all", "entities"):
                allowed = ("all", "entities")
                section = f"stages.{stage_name}"
                raise ValueError(_wrong(section, "trainable", stage.trainable, allowed))
            if stage.steps < 1 or stage.warmup < 0 or stage.learn_rate <= 0:
                raise ValueError(Errors.M743.format(stage=stage_name))
            if stage.trainable == "entities" and not self.run.with_entities:
                raise ValueError(Errors.M744.format(stage=stage_name))


def read_settings(
    path: PathLike, overrides: Optional[Mapping[str, Any]] = None
) -> PretrainingSettings:
    """Read a config file.

    path (PathLike): The file, in the form of spaCy's configs.
    overrides (Optional[Mapping[str, Any]]): Values by dotted name, like {"run.seed": 1}.
    RETURNS (PretrainingSettings): The settings.
    RAISES (ValueError): If the file cannot be read, or a section, name or value is unknown.
    """
    path = Path(path)
    if not path.is_file():
        raise ValueError(Errors.M741.format(path=path, reason="there is no such file"))
    try:
        values = Config().from_disk(path, overrides=dict(overrides or {}))
    except ValueError as error:
        raise ValueError(Errors.M741.format(path=path, reason=error)) from error
    return settings_of(values)


def settings_of(values: Mapping[str, Any]) -> PretrainingSettings:
    """RETURNS (PretrainingSettings): Settings of a parsed config.
    RAISES (ValueError): If a section, name or value is unknown.
    """
    return _build(PretrainingSettings, values, "")


def _build(kind: Type[T], values: Mapping[str, Any], section: str) -> T:
    hints = get_type_hints(kind)
    known = {item.name for item in fields(kind)}  # type: ignore[arg-type]
    made: Dict[str, Any] = {}
    for name, value in values.items():
        dotted = f"{section}.{name}" if section else name
        if name not in known:
            raise ValueError(_wrong(section, name, value, sorted(known)))
        hint = hints[name]
        if is_dataclass(hint) and isinstance(hint, type):
            made[name] = _build(hint, value, dotted)
        elif name == "stages":
            stages = value.items()
            made[name] = {key: _build(StageSettings, v, f"{dotted}.{key}") for key, v in stages}
        else:
            made[name] = _checked(hint, value, section, name)
    try:
        return kind(**made)
    except TypeError as error:  # a value without default is missing
        raise ValueError(Errors.M742.format(section=section, error=error)) from error


def _checked(hint: Any, value: Any, section: str, name: str) -> Any:
    kinds = get_args(hint) or (hint,)
    if float in kinds and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not any(type(value) is kind for kind in kinds):
        raise ValueError(_wrong(section, name, value, [kind.__name__ for kind in kinds]))
    return value


def _wrong(section: str, name: str, value: Any, allowed: Any) -> str:
    choices: List[str] = [str(choice) for choice in allowed]
    return Errors.M739.format(
        name=f"[{section}] {name}" if section else f"[{name}]",
        value=value,
        allowed=", ".join(choices),
    )
