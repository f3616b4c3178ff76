"""All scores of a pretrained checkpoint on the held-out part of a dataset."""

from pathlib import Path
from typing import Any, Dict

import numpy as np
from tqdm import tqdm  # type: ignore[import-untyped]

from ..entities.keys import item_number
from ..errors import Errors
from ..files import PathLike
from ..pretraining.batches import Masker
from ..pretraining.dataset import HELD_OUT, TRAIN
from ..pretraining.evaluate import evaluate
from ..pretraining.masking import MaskingSettings
from ..pretraining.shards import Shard, find_shards
from ..pretraining.start import Vocabularies, model_from_checkpoint
from ..text.pieces import PieceEncoder
from .masked_entities import Senses, cross_lingual_agreement, predict_entities, summarize


def score_checkpoint(
    checkpoint: str,
    dataset: PathLike,
    *,
    max_pieces: int = 0,
    with_entities: bool = True,
    progress: bool = True,
) -> Dict[str, Dict[str, Any]]:
    """Score masked prediction of pieces and entities.

    checkpoint (str): A checkpoint with its pretraining heads. dataset (PathLike): Its dataset.
    max_pieces (int): Of each language; 0 for all.
    with_entities (bool): False for a model trained on words alone: its slots mean nothing.
    progress (bool): Show a progress bar.
    RETURNS (Dict[str, Dict[str, Any]]): "pieces", "entities" and "entities_by_context" (with the
        words of the mention hidden) by language and for "all", and "cross_lingual_agreement".
    RAISES (ValueError): If nothing is held out, or the checkpoint is of another dataset.
    """
    if not (Path(dataset) / HELD_OUT).is_dir():
        raise ValueError(Errors.M751.format(folder=dataset))
    vocabularies = Vocabularies.read(dataset)
    model = model_from_checkpoint(checkpoint, vocabularies, seed=0)
    held_out = [Shard(folder) for folder in find_shards(Path(dataset) / HELD_OUT)]
    pieces = PieceEncoder(vocabularies.pieces)
    mask_row = vocabularies.special["[MASK]"]
    bar = tqdm(total=4, desc="scores", unit=" parts", disable=not progress)
    with bar:
        # Pieces are scored with the mentioned entities beside them, none hidden, as in use.
        masker = Masker(
            MaskingSettings(entities=0.0), mask_piece=pieces.mask_id, mask_entity=mask_row
        )
        words = evaluate(
            model, held_out, masker, max_pieces=max_pieces, with_entities=with_entities
        )
        result: Dict[str, Dict[str, Any]] = {
            "pieces": {
                lang: {
                    key: value
                    for key, value in scores.summary().items()
                    if key in ("mlm_loss", "mlm_accuracy", "pieces")
                }
                for lang, scores in words.items()
            }
        }
        bar.update()
        if not with_entities:
            bar.update(3)
            return result
        train = [Shard(folder) for folder in find_shards(Path(dataset) / TRAIN)]
        items = np.array([item_number(key) > 0 for key in vocabularies.keys])
        senses, item_senses = Senses(train), Senses(train, items)
        bar.update()
        found = predict_entities(
            model, held_out, senses, item_senses, mask_row=mask_row, max_pieces=max_pieces
        )
        bar.update()
        by_context = predict_entities(
            model,
            held_out,
            senses,
            item_senses,
            mask_row=mask_row,
            mask_piece=pieces.mask_id,
            max_pieces=max_pieces,
        )
        bar.update()
    result["entities"] = summarize(found)
    result["entities_by_context"] = summarize(by_context)
    result["cross_lingual_agreement"] = cross_lingual_agreement(found)
    return result
