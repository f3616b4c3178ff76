"""(a) NER inference against the reference way.

Reference: transformers' `MLukeTokenizer(task="entity_span_classification")` and
`LukeForEntitySpanClassification`, one [MASK] slot for every n-gram of whole words up to 16 pieces,
batches sorted by length. The n-grams are handed to it; it tokenises, encodes, and decodes greedily.
In a second form it gives a window at most 128 slots, as the authors' NER code does: less attention,
more words, other logits. The faster form is what ours is compared with.
Ours: `nlp.pipe` with `mluke` and `mluke_ner` on tokenised Docs, everything from pieces to
`doc.ents`. Both read the same checkpoint folder: random weights of base size, classifier included.
"""

import os
import tempfile
from pathlib import Path
from statistics import median
from typing import Any, Dict, List, Sequence, Tuple

import numpy as np
import spacy
import torch
from common import (
    BASE_SIZES,
    Run,
    all_sentences,
    fresh,
    interleave,
    options,
    report,
    some_sentences,
    tokenize,
    train_vocabulary,
)
from spacy.language import Language
from spacy.tokens import Doc

from spacy_mluke.modeling import EncoderConfig, MLukeEncoder
from spacy_mluke.modeling.checkpoint import load_checkpoint
from spacy_mluke.modeling.saving import save_checkpoint

LABELS = ("PER", "ORG", "LOC", "MISC")
MAX_PIECES = 16
REFERENCE = "reference (transformers)"
CHUNKED = "reference, 128 slots a window"
Spans = List[Tuple[int, int]]


def make_checkpoint(folder: Path, texts: Dict[str, List[str]], layers: int) -> None:
    """Write a random mLUKE of base size with a span classifier.

    folder (Path): Where to.
    texts (Dict[str, List[str]]): Sentences the vocabulary is trained on.
    layers (int): Layers of the encoder.
    """
    pieces = train_vocabulary(texts)
    sizes = {**BASE_SIZES, "num_hidden_layers": layers}
    config = EncoderConfig(vocab_size=pieces.vocab_size, **sizes)
    torch.manual_seed(0)
    weight = torch.randn(1 + len(LABELS), 3 * config.hidden_size) * 0.02
    bias = torch.zeros(1 + len(LABELS))
    bias[0] = 1.5  # as in a trained classifier, most spans are no entity
    id2label = {str(i): label for i, label in enumerate(("O", *LABELS))}
    save_checkpoint(
        folder,
        MLukeEncoder(config),
        config,
        piece_model=pieces.model,
        heads={"classifier.weight": weight, "classifier.bias": bias},
        values={"id2label": id2label, "label2id": {v: int(k) for k, v in id2label.items()}},
    )


class Reference:
    """The reference way.

    folder (Path): The checkpoint.
    batch_size (int): Sentences in a batch.
    dtype (torch.dtype): Of the weights.
    """

    def __init__(self, folder: Path, batch_size: int, dtype: torch.dtype = torch.float32) -> None:
        from transformers import LukeForEntitySpanClassification, MLukeTokenizer

        self.batch_size = batch_size
        self.tokenizer = MLukeTokenizer.from_pretrained(folder, task="entity_span_classification")
        model = LukeForEntitySpanClassification.from_pretrained(folder, torch_dtype=dtype)
        self.model = model.eval()

    def __call__(
        self,
        texts: Sequence[str],
        spans: Sequence[Spans],
        *,
        max_slots: int = 10**9,
        max_mention: int = MAX_PIECES,
    ) -> List[np.ndarray]:
        """texts (Sequence[str]): Sentences.
        spans (Sequence[Spans]): Character offsets of the candidates of each.
        max_slots (int): Most slots in a window; a sentence with more is read several times.
        max_mention (int): Positions of a mention that the tokenizer gives. It cuts the text at
            every span, which makes more pieces, so 16 loses some; but that is the paper's size.
        RETURNS (List[np.ndarray]): Logits of each, (n_spans, n_labels + 1).
        """
        self.tokenizer.max_mention_length = max_mention
        windows = [
            (i, row[begin : begin + max_slots])
            for i, row in enumerate(spans)
            for begin in range(0, len(row), max_slots)
        ]
        logits: Dict[int, np.ndarray] = {}
        order = sorted(range(len(windows)), key=lambda w: len(windows[w][1]))
        for begin in range(0, len(order), self.batch_size):
            rows = order[begin : begin + self.batch_size]
            batch = self.tokenizer(
                [texts[windows[w][0]] for w in rows],
                entity_spans=[windows[w][1] for w in rows],
                padding=True,
                return_tensors="pt",
            )
            with torch.inference_mode():
                scores = self.model(**batch).logits.float().numpy()
            logits.update({w: row[: len(windows[w][1])] for w, row in zip(rows, scores)})
        joined = [
            np.concatenate([logits[w] for w, (of, _) in enumerate(windows) if of == i])
            for i in range(len(texts))
        ]
        for row, sentence_spans in zip(joined, spans):
            decode(row, sentence_spans)
        return joined


def decode(logits: np.ndarray, spans: Spans) -> Dict[Tuple[int, int], str]:
    """Greedy decoding as in the paper: highest logit first, no overlap.

    logits (np.ndarray): (n_spans, n_labels + 1).
    spans (Spans): Their character offsets.
    RETURNS (Dict[Tuple[int, int], str]): Label of each entity.
    """
    best, top = logits.argmax(1), logits.max(1)
    taken = np.zeros(max((end for _, end in spans), default=0), dtype=bool)
    found = {}
    rows = np.flatnonzero(best)
    for i in rows[np.argsort(-top[rows], kind="stable")].tolist():
        start, end = spans[i]
        if not taken[start:end].any():
            taken[start:end] = True
            found[spans[i]] = LABELS[best[i] - 1]
    return found


def make_pipeline(folder: Path, **model: Any) -> Language:
    """RETURNS (Language): Our NER, with the weights of the checkpoint."""
    nlp = spacy.blank("xx")
    getter = {"@misc": "spacy-mluke.ngrams.v1", "max_words": 100, "max_pieces": MAX_PIECES}
    if "proposer" in model:
        getter = {"@misc": "spacy-mluke.no_spans.v1"}
    nlp.add_pipe("mluke", config={"model": {"name": str(folder), "span_getter": getter, **model}})
    ner = nlp.add_pipe("mluke_ner")
    for label in LABELS:
        ner.add_label(label)
    nlp.initialize()
    heads = load_checkpoint(folder).heads
    layer = ner.model.get_ref("output_layer")
    layer.set_param("W", heads["classifier.weight"].numpy())
    layer.set_param("b", heads["classifier.bias"].numpy())
    return nlp


def candidates(nlp: Language, docs: Sequence[Doc]) -> List[Spans]:
    """RETURNS (List[Spans]): Character offsets of the spans that a pipeline encodes."""
    getter = nlp.get_pipe("mluke").model.attrs["get_spans"]
    pieces = nlp.get_pipe("mluke").model.shims[0].pieces.encode(docs)
    return [
        [(doc[s].idx, doc[e - 1].idx + len(doc[e - 1])) for s, e in spans.tolist()]
        for doc, spans in zip(docs, getter(docs, pieces))
    ]


def check_equal(
    nlp: Language, docs: Sequence[Doc], spans: Sequence[Spans], logits: Sequence[np.ndarray]
) -> Dict[str, Any]:
    """Compare our predictions with the reference's on the same pieces.

    nlp (Language): Ours, exhaustive, with the pieces of transformers.
    docs (Sequence[Doc]): The Docs.
    spans (Sequence[Spans]): Their candidates.
    logits (Sequence[np.ndarray]): The reference's logits.
    RETURNS (Dict[str, Any]): Largest difference of a logit, and equal and all entities.
    """
    docs = list(nlp.get_pipe("mluke").pipe(fresh(docs)))
    ner = nlp.get_pipe("mluke_ner")
    found, ours = ner.predict(docs)
    bounds = np.cumsum(np.asarray(found.lengths))[:-1]
    worst, equal, total = 0.0, 0, 0
    for own, row, reference in zip(np.split(np.asarray(ours), bounds), spans, logits):
        worst = max(worst, float(np.abs(own - reference).max()))
        theirs, mine = decode(reference, row), decode(own, row)
        equal += len(theirs.items() & mine.items())
        total += len(theirs.keys() | mine.keys())
    return {"largest logit difference": worst, "entities equal": f"{equal} of {total}"}


def main() -> None:
    parser = options(__doc__, rounds=3, sentences=1)
    parser.add_argument("--batch-size", type=int, default=4, help="sentences; default: 4")
    parser.add_argument("--slots", type=float, default=0.3, help="pruned, a token; default: 0.3")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    texts = all_sentences()
    docs = tokenize(some_sentences(texts, args.sentences))
    with tempfile.TemporaryDirectory() as folder_name:
        folder = Path(folder_name) / "checkpoint"
        make_checkpoint(folder, texts, args.layers)
        exact = make_pipeline(folder, piece_mode="hf")
        n_tokens = sum(len(doc) for doc in docs)
        exhaustive = make_pipeline(folder)
        pieces = exhaustive.get_pipe("mluke").model.shims[0].pieces
        n_pieces = sum(len(p.ids) for p in pieces.encode(docs))
        spans = candidates(exhaustive, docs)
        pruned = {
            "attention": "independent",
            "proposer": {
                "max_words": 10,
                "threshold": 0.0,
                "max_per_piece": args.slots * n_tokens / n_pieces,
            },
        }
        reference = Reference(folder, args.batch_size)
        sentences = [doc.text for doc in docs]
        few = docs[: len(docs) // 2]
        same = candidates(exact, few)
        logits = reference(sentences[: len(few)], same, max_mention=8 * MAX_PIECES)
        checked = check_equal(exact, few, same, logits)
        cases = {
            REFERENCE: lambda: reference(sentences, spans),
            CHUNKED: lambda: reference(sentences, spans, max_slots=128),
        }
        slots = {}
        for name, model in {
            "exhaustive, full, fp32": {},
            "exhaustive, independent, fp32": {"attention": "independent"},
            "pruned, independent, fp32": pruned,
            "pruned, independent, bf16": {**pruned, "precision": "bf16"},
        }.items():
            nlp = make_pipeline(folder, **model)
            cases[name] = Run(nlp, docs, args.batch_size)
            encoded = list(nlp.get_pipe("mluke").pipe(fresh(docs)))
            slots[name] = sum(len(doc._.mluke.spans) for doc in encoded)
        seconds = interleave(cases, args.rounds, args.clock)
    faster = min((REFERENCE, CHUNKED), key=lambda name: median(seconds[name]))
    report(
        "NER inference, seconds for all sentences",
        seconds,
        base=faster,
        unit="seconds",
        goals={"exhaustive, full, fp32": 1.3, "pruned, independent, bf16": 5.0},
        notes={
            "sentences": f"{len(docs)}, {n_tokens} tokens, {n_pieces} pieces",
            "slots": {REFERENCE: sum(len(s) for s in spans), **slots},
            "same pieces as transformers": checked,
            "threads": args.threads,
            "clock": args.clock,
            "cores": os.cpu_count(),
        },
        path=args.json,
    )


if __name__ == "__main__":
    main()
