"""Time and memory of one very long Doc, with an encoder of random weights.

python benchmarks/long_doc.py --tokens 200000 --hidden-size 32 --layers 2
"""

import argparse
import resource
import tempfile
import time
from pathlib import Path

import spacy
from spacy.tokens import Doc

from spacy_mluke.text.vocabulary import train_pieces

WORDS = (
    "Angela Merkel visited Tokyo in May 2007 . Marie Curie discovered radium and won the Nobel "
    "Prize twice . Der Rhein fließt durch Köln und Rotterdam . La Torre Eiffel está en París ."
).split()


def rss() -> float:
    """RETURNS (float): Resident memory in MiB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def peak() -> float:
    """RETURNS (float): Highest resident memory so far in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Print one line for each number of tokens up to the one asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tokens", type=int, default=200_000)
    parser.add_argument("--hidden-size", type=int, default=32)
    parser.add_argument("--layers", type=int, default=2)
    parser.add_argument("--proposals", action="store_true", help="slots for a tenth of the pieces")
    args = parser.parse_args()
    nlp = spacy.blank("xx")
    # An untrained proposer finds everything likely: the limit makes it a fixed share.
    proposer = {"max_words": 4, "threshold": 0.0, "max_per_piece": 0.1}
    model = {
        "hidden_size": args.hidden_size,
        "num_hidden_layers": args.layers,
        "num_attention_heads": 4,
        "intermediate_size": 2 * args.hidden_size,
        "entity_emb_size": 16,
        "span_getter": {"@misc": "spacy-mluke.no_spans.v1"},
        "proposer": proposer if args.proposals else None,
    }
    nlp.add_pipe("mluke", config={"model": model})
    with tempfile.TemporaryDirectory() as folder:
        pieces = Path(folder) / "sentencepiece.bpe.model"
        pieces.write_bytes(train_pieces(WORDS * 20, vocab_size=120))
        nlp.config["initialize"]["components"]["mluke"] = {"piece_model": str(pieces)}
        nlp.initialize()
    nlp(Doc(nlp.vocab, WORDS))
    for n_tokens in (args.tokens // 4, args.tokens // 2, args.tokens):
        doc = Doc(nlp.vocab, (WORDS * (n_tokens // len(WORDS) + 1))[:n_tokens])
        before, wall, cpu = rss(), time.perf_counter(), time.process_time()
        doc = nlp.get_pipe("mluke")(doc)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        features = doc._.mluke
        print(
            f"{n_tokens:>8} tokens {len(features.piece_ids):>8} pieces {len(features.spans):>7} "
            f"spans  {wall:6.1f} s  {cpu:6.1f} s cpu  {rss() - before:7.0f} MiB kept  "
            f"{peak() - before:7.0f} MiB at the peak"
        )


if __name__ == "__main__":
    main()
