"""(b) Words only: `mluke` without slots against spacy-transformers' `transformer`.

Both read one folder with a random XLM-R of base size and its SentencePiece model, feed a tagger by
a listener with mean pooling, and run by `nlp.pipe` over the same tokenised Docs.
"""

import os
import tempfile
from pathlib import Path
from typing import Any, Dict

import spacy
import torch
from common import (
    BASE_SIZES,
    Run,
    all_sentences,
    interleave,
    options,
    report,
    some_sentences,
    tokenize,
    train_vocabulary,
)
from spacy.language import Language

from spacy_mluke.text.pieces import PieceEncoder

THEIRS, OURS, OURS_LOW = "spacy-transformers", "spacy_mluke, fp32", "spacy_mluke, bf16"
TAGS = [f"T{i}" for i in range(17)]


def make_xlm_roberta(folder: Path, pieces: PieceEncoder, **sizes: int) -> None:
    """Write a random XLM-R.

    folder (Path): Where to.
    pieces (PieceEncoder): Its pieces.
    sizes (int): Fields of its configuration.
    """
    from transformers import XLMRobertaConfig, XLMRobertaModel, XLMRobertaTokenizerFast

    folder.mkdir()
    (folder / "sentencepiece.bpe.model").write_bytes(pieces.model)
    tokenizer = XLMRobertaTokenizerFast(str(folder / "sentencepiece.bpe.model"))
    tokenizer.save_pretrained(folder)
    torch.manual_seed(0)
    config = XLMRobertaConfig(
        vocab_size=pieces.vocab_size - 2,
        max_position_embeddings=514,
        type_vocab_size=1,
        layer_norm_eps=1e-5,
        **sizes,
    )
    XLMRobertaModel(config, add_pooling_layer=False).save_pretrained(folder)


def add_tagger(nlp: Language, listener: str) -> Language:
    """RETURNS (Language): The pipeline with a tagger fed by a listener, initialised."""
    pooling = {"@layers": "reduce_mean.v1"}
    tok2vec = {"@architectures": listener, "grad_factor": 1.0, "pooling": pooling}
    tagger = nlp.add_pipe("tagger", config={"model": {"tok2vec": tok2vec}})
    for tag in TAGS:
        tagger.add_label(tag)
    nlp.initialize()
    return nlp


def make_theirs(folder: Path) -> Language:
    """RETURNS (Language): spacy-transformers with its default windows."""
    nlp = spacy.blank("xx")
    model: Dict[str, Any] = {
        "@architectures": "spacy-transformers.TransformerModel.v3",
        "name": str(folder),
        "get_spans": {
            "@span_getters": "spacy-transformers.strided_spans.v1",
            "window": 128,
            "stride": 96,
        },
        "tokenizer_config": {"use_fast": True},
    }
    nlp.add_pipe("transformer", config={"model": model})
    return add_tagger(nlp, "spacy-transformers.TransformerListener.v1")


def make_ours(folder: Path, **model: Any) -> Language:
    """RETURNS (Language): `mluke` for words."""
    nlp = spacy.blank("xx")
    getter = {"@misc": "spacy-mluke.no_spans.v1"}
    config = {"model": {"name": str(folder), "slots": False, "span_getter": getter, **model}}
    nlp.add_pipe("mluke", config=config)
    return add_tagger(nlp, "spacy-mluke.WordListener.v1")


def main() -> None:
    parser = options(__doc__, rounds=5, sentences=8)
    parser.add_argument("--batch-size", type=int, default=32, help="Docs; default: 32")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    texts = all_sentences()
    docs = tokenize(some_sentences(texts, args.sentences))
    with tempfile.TemporaryDirectory() as folder_name:
        folder = Path(folder_name) / "xlm-roberta"
        pieces = train_vocabulary(texts)
        make_xlm_roberta(folder, pieces, **{**BASE_SIZES, "num_hidden_layers": args.layers})
        cases = {
            THEIRS: Run(make_theirs(folder), docs, args.batch_size),
            OURS: Run(make_ours(folder), docs, args.batch_size),
            OURS_LOW: Run(make_ours(folder, precision="bf16"), docs, args.batch_size),
        }
        for run in cases.values():
            run()
        seconds = interleave(cases, args.rounds, args.clock)
    report(
        "Words only, seconds for all sentences",
        seconds,
        base=THEIRS,
        unit="seconds",
        goals={OURS: 1.0},
        notes={
            "sentences": f"{len(docs)}, {sum(map(len, docs))} tokens, "
            f"{sum(len(p.ids) for p in pieces.encode(docs))} pieces",
            "threads": args.threads,
            "clock": args.clock,
            "cores": os.cpu_count(),
        },
        path=args.json,
    )


if __name__ == "__main__":
    main()
