"""The pipeline of a training config as far as data can be held against it: nothing is trained."""

from pathlib import Path
from typing import Any, Callable, Dict, Iterable, List, NamedTuple, Optional, Sequence, Tuple

from spacy import registry
from spacy.language import Language
from spacy.schemas import ConfigSchemaInit, ConfigSchemaTraining
from spacy.training import Example
from spacy.util import load_model_from_config, resolve_dot_names
from thinc.api import Config, Model

from ..errors import Errors
from ..layers.plan import WindowSettings
from ..layers.settings import LONGEST_WINDOW, EncoderSettings
from ..modeling.checkpoint import PIECE_FILE, read_max_pieces
from ..pipeline.mluke_ner import MLukeNER
from ..pipeline.mluke_relations import MLukeRelations
from ..text.pieces import PieceEncoder
from ..text.vocabulary import train_pieces

Corpus = Callable[[Language], Iterable[Example]]


class Setup(NamedTuple):
    """What a training config says.

    nlp (Language): The pipeline, without weights, its tokenizer as in training.
    corpora (Dict[str, Corpus]): The readers of "train" and "dev".
    initialize (Dict[str, Dict[str, Any]]): Settings of `[initialize.components]`.
    weights (Dict[str, Optional[float]]): `[training.score_weights]`.
    """

    nlp: Language
    corpora: Dict[str, Corpus]
    initialize: Dict[str, Dict[str, Any]]
    weights: Dict[str, Optional[float]]

    @property
    def ner(self) -> Dict[str, MLukeNER]:
        """RETURNS (Dict[str, MLukeNER]): The components that find entities."""
        return {name: pipe for name, pipe in self.nlp.pipeline if isinstance(pipe, MLukeNER)}

    @property
    def relations(self) -> Dict[str, MLukeRelations]:
        """RETURNS (Dict[str, MLukeRelations]): The components that find relations."""
        return {name: pipe for name, pipe in self.nlp.pipeline if isinstance(pipe, MLukeRelations)}

    @property
    def encoders(self) -> Dict[str, Model]:
        """RETURNS (Dict[str, Model]): Component -> the encoder layer inside it."""
        found: Dict[str, Model] = {}
        for name, pipe in self.nlp.pipeline:
            model = getattr(pipe, "model", None)
            for node in model.walk() if isinstance(model, Model) else ():
                if isinstance(node.attrs.get("settings"), EncoderSettings):
                    found[name] = node
        return found

    def encoder_of(self, name: str) -> str:
        """The component whose encoder a component reads, which may be its own.

        name (str): The component.
        RETURNS (str): The component with the encoder.
        RAISES (ValueError): If there is none before it in the pipeline.
        """
        encoders = self.encoders
        if name in encoders:
            return name
        pipe: Any = self.nlp.get_pipe(name)
        upstream = pipe.model.get_ref("tok2vec").upstream_name
        before = self.nlp.pipe_names[: self.nlp.pipe_names.index(name)]
        found = [other for other in before if other in encoders and upstream in ("*", other)]
        if not found:
            raise ValueError(Errors.M570.format(name=name, upstream=upstream))
        return found[-1]


def set_up(config: Config) -> Setup:
    """Read a training config as `spacy train` does, up to where weights are made.

    config (Config): The config, not interpolated.
    RETURNS (Setup): What it says.
    """
    nlp = load_model_from_config(config, auto_fill=True)
    filled = nlp.config.interpolate()
    init = registry.resolve(filled["initialize"], schema=ConfigSchemaInit)
    if init["before_init"] is not None:
        init["before_init"](nlp)
    training = registry.resolve(filled["training"], schema=ConfigSchemaTraining)
    train, dev = resolve_dot_names(filled, [training["train_corpus"], training["dev_corpus"]])
    nlp._link_components()
    return Setup(
        nlp, {"train": train, "dev": dev}, init["components"], training["score_weights"]
    )


def piece_encoder(
    layer: Model, initialize: Dict[str, Any], texts: List[str]
) -> Tuple[PieceEncoder, str]:
    """Get the vocabulary that an encoder will have, without its weights.

    layer (Model): The encoder layer.
    initialize (Dict[str, Any]): The component's settings of `[initialize.components]`.
    texts (List[str]): The texts that a new vocabulary is trained on.
    RETURNS (Tuple[PieceEncoder, str]): The vocabulary and where it is from.
    RAISES (ValueError): If a file is missing.
    """
    shim: Any = layer.shims[0]
    settings: EncoderSettings = layer.attrs["settings"]
    if shim.is_loaded:
        return shim.pieces, "of the loaded pipeline"
    name = initialize.get("checkpoint") or settings.name
    path = initialize.get("piece_model")
    if name is not None:
        path = _file_of(name, settings.revision, [PIECE_FILE])
        if not path.is_file():
            raise ValueError(Errors.M316.format(name=name))
    elif path is None:
        size = initialize.get("vocab_size", 8000)
        model = train_pieces(texts, vocab_size=size)
        encoder = PieceEncoder(model, mode=settings.piece_mode)
        return encoder, "trained on the training texts, as in training"
    elif not Path(path).is_file():
        raise ValueError(Errors.M319.format(path=path))
    return PieceEncoder.from_file(path, mode=settings.piece_mode), f"of {name or path}"


def encoder_windows(layer: Model, initialize: Dict[str, Any]) -> WindowSettings:
    """Find out how an encoder will cut long texts, without its weights.

    layer (Model): The encoder layer.
    initialize (Dict[str, Any]): The component's settings of `[initialize.components]`.
    RETURNS (WindowSettings): Its windows.
    RAISES (ValueError): If a file is missing, or the encoder can't read such windows.
    """
    shim: Any = layer.shims[0]
    settings: EncoderSettings = layer.attrs["settings"]
    name = initialize.get("checkpoint") or settings.name
    if shim.is_loaded:
        limit = shim.loaded.encoder.config.max_pieces
    elif name is None:
        limit = settings.window or LONGEST_WINDOW
    else:
        limit = read_max_pieces(_file_of(name, settings.revision, ["metadata.json", "config.json"]))
    return settings.windows(limit)


def _file_of(name: str, revision: Optional[str], files: Sequence[str]) -> Path:
    """RETURNS (Path): The first of some files that a checkpoint's folder has, or else the last,
    which is the one that is on the hub.
    """
    folder = Path(name).expanduser()
    if folder.is_dir():
        paths = [folder / file for file in files]
        return next((path for path in paths if path.is_file()), paths[-1])
    # Only this file, not the weights. The hub's client has many kinds of errors that mean the same.
    from huggingface_hub import hf_hub_download

    try:
        return Path(hf_hub_download(name, files[-1], revision=revision))
    except Exception as error:
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise ValueError(Errors.M228.format(name=name, error=reason)) from error
