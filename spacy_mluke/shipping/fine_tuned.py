"""Published fine-tunes of mLUKE: the classifier of a checkpoint as one of this package.

`LukeForEntitySpanClassification` and `LukeForEntityPairClassification` of transformers do what the
paper does for NER and for relations. Both end in one linear layer over states of words and slots,
so an import only has to put its rows in our order.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, List, Optional, Tuple, Union

import numpy as np
import numpy.typing as npt

from ..errors import Errors
from ..modeling.checkpoint import Checkpoint, load_checkpoint
from ..modeling.config import EncoderConfig
from ..modeling.hub import checkpoint_folder
from ..modeling.vocabulary import PIECE_FILE

Floats = npt.NDArray[np.float32]

NER = "LukeForEntitySpanClassification"
RELATIONS = "LukeForEntityPairClassification"
# Number of states that the classifier sees, by class.
_STATES = {NER: 3, RELATIONS: 2}
# What checkpoints call the class of spans and pairs that are nothing.
_NONE = ("o", "nil", "none", "no_relation", "no relation", "na", "n/a", "other")
# KBP37, SemEval: the mention that comes first in the text is e1.
_DIRECTED = re.compile(r"^(?P<name>.+?)\s*\((?P<head>e[12])\s*,\s*(?P<tail>e[12])\)$")
# Score of a class that a checkpoint does not have. Finite, so that probabilities are.
_NEVER = -1e9


@dataclass(frozen=True)
class FineTuned:
    """A checkpoint with a classifier whose rows are the columns of `mluke_ner` or of
    `mluke_relations` (see `RelationLabels`).

    folder (Path): Where the checkpoint is.
    architecture (str): The class in transformers.
    config (EncoderConfig): Sizes of the encoder.
    labels (List[str]): The labels of the component, without that of nothing.
    features (List[str]): What the classifier reads.
    weight (Floats): (n_columns, n_states * width).
    bias (Floats): (n_columns,).
    """

    folder: Path
    architecture: str
    config: EncoderConfig
    labels: List[str]
    features: List[str]
    weight: Floats
    bias: Floats


def read_fine_tuned(
    name: Union[str, Path], *, revision: Optional[str] = None, none: Optional[str] = None
) -> FineTuned:
    """Read a fine-tuned checkpoint.

    name (Union[str, Path]): A folder in Hugging Face form, or a name on the hub.
    revision (Optional[str]): Branch, tag or commit on the hub.
    none (Optional[str]): The label of spans that are no entities, or pairs without a relation;
        by default what is usual.
    RETURNS (FineTuned): The checkpoint.
    RAISES (ValueError): If it is of another kind, or cannot be read.
    """
    _check_tokenizer(str(name), revision)
    folder = checkpoint_folder(str(name), revision=revision)
    checkpoint = load_checkpoint(folder, entity_rows="special")
    if checkpoint.piece_model is None:
        raise ValueError(Errors.M260.format(name=name, file=PIECE_FILE))
    architecture = _architecture(checkpoint, str(name))
    weight = checkpoint.heads["classifier.weight"].float().numpy()
    bias = np.zeros(len(weight), dtype="float32")
    if "classifier.bias" in checkpoint.heads:
        bias = checkpoint.heads["classifier.bias"].float().numpy()
    names = _label_names(checkpoint, len(weight), str(name))
    nothing = _find_none(names, none, str(name))
    features = ["entity"]
    if architecture == NER:
        labels, weight, bias = _spans(names, nothing, weight, bias)
        features = ["start", "end", "entity"]
    elif any(map(_DIRECTED.match, names)):
        labels, weight, bias = _directed(names, nothing, weight, bias)
    else:
        labels, weight, bias = _ordered(names, nothing, weight, bias)
        features = ["entity", "swapped"]
    return FineTuned(folder, architecture, checkpoint.config, labels, features, weight, bias)


def _check_tokenizer(name: str, revision: Optional[str]) -> None:
    """Refuse LUKE's own checkpoints before gigabytes of theirs are downloaded."""
    folder = Path(name).expanduser()
    if folder.is_dir():
        files = [path.name for path in folder.iterdir()]
    else:
        from huggingface_hub import HfApi

        try:
            files = HfApi().list_repo_files(name, revision=revision)
        except Exception:  # offline: what was downloaded before may do, or loading says why not
            return
    if PIECE_FILE not in files and {"vocab.json", "merges.txt"} & set(files):
        raise ValueError(Errors.M260.format(name=name, file=PIECE_FILE))


def _architecture(checkpoint: Checkpoint, name: str) -> str:
    named = [a for a in checkpoint.values.get("architectures") or () if a in _STATES]
    weight = checkpoint.heads.get("classifier.weight")
    states = None if weight is None else weight.shape[1] / checkpoint.config.hidden_size
    found = named[0] if named else next((a for a, n in _STATES.items() if n == states), None)
    if found is None or states != _STATES[found]:
        said = ", ".join(checkpoint.values.get("architectures") or ["no class"])
        raise ValueError(
            Errors.M261.format(name=name, said=said, known=f"{NER} (NER), {RELATIONS} (relations)")
        )
    return found


def _label_names(checkpoint: Checkpoint, n_rows: int, name: str) -> List[str]:
    id2label: Dict[str, str] = checkpoint.values.get("id2label") or {}
    by_row = {int(row): str(label) for row, label in id2label.items()}
    if sorted(by_row) != list(range(n_rows)) or len(set(by_row.values())) != n_rows:
        raise ValueError(Errors.M262.format(name=name, found=len(by_row), rows=n_rows))
    return [by_row[row] for row in range(n_rows)]


def _find_none(names: List[str], none: Optional[str], name: str) -> int:
    if none is not None:
        found = [i for i, label in enumerate(names) if label == none]
    else:
        found = [i for i, label in enumerate(names) if label.strip().lower() in _NONE]
    if len(found) != 1:
        raise ValueError(Errors.M263.format(name=name, labels=", ".join(names)))
    return found[0]


def _spans(
    names: List[str], nothing: int, weight: Floats, bias: Floats
) -> Tuple[List[str], Floats, Floats]:
    """Classes of spans: nothing first, then the others as they come."""
    rows = [nothing, *(row for row in range(len(names)) if row != nothing)]
    return [names[row] for row in rows[1:]], weight[rows], bias[rows]


def _directed(
    names: List[str], nothing: int, weight: Floats, bias: Floats
) -> Tuple[List[str], Floats, Floats]:
    """Classes that say which mention is the head: one column each."""
    places: Dict[str, List[int]] = {}
    for row, label in enumerate(names):
        if row == nothing:
            continue
        match = _DIRECTED.match(label)
        # A label without direction among others goes from the first mention to the second.
        base, back = (label, 0) if match is None else (match["name"], int(match["head"] == "e2"))
        places.setdefault(base, [-1, -1])[back] = row
    rows = [nothing, *(p[0] for p in places.values()), *(p[1] for p in places.values())]
    # Row -1 stands for a direction that the checkpoint does not know.
    weight = np.concatenate([weight, np.zeros_like(weight[:1])])
    bias = np.concatenate([bias, np.asarray([_NEVER], dtype="float32")])
    return list(places), weight[rows], bias[rows]


def _ordered(
    names: List[str], nothing: int, weight: Floats, bias: Floats
) -> Tuple[List[str], Floats, Floats]:
    """Classes that hold for a head and a tail: both orders of a pair are read side by side.

    With p1 and p2 the probabilities of the two orders, a relation of the first one is
    `p1(label) * p2(none)` and no relation `p1(none) * p2(none)`, up to a common factor. So its
    score is `z1(label) - z1(none)` where that of no relation is 0.
    """
    others = [row for row in range(len(names)) if row != nothing]
    odds, offset = weight[others] - weight[nothing], bias[others] - bias[nothing]
    zeros = np.zeros_like(odds)
    columns = [
        np.zeros((1, 2 * weight.shape[1]), dtype="float32"),
        np.concatenate([odds, zeros], axis=1),
        np.concatenate([zeros, odds], axis=1),
    ]
    biases = [np.zeros(1, dtype="float32"), offset, offset]
    return [names[row] for row in others], np.concatenate(columns), np.concatenate(biases)
