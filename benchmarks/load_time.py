"""(c) Load time and peak memory of a full-size mluke-base: 1,200,001 entities, 250,004 pieces.

Each case runs in a process of its own. Time and memory count from after the imports: `load` until
the model or pipeline is there, `first doc` until it has encoded one sentence. The
imports are those of both packages in every pipeline's process. Memory is the peak
of the resident set (VmHWM, reset after the imports) minus the resident set before loading; pages
of a mapped file count as soon as they are touched. `used` is what the sentence needs: all weights
but the tables of words and entities, and the rows of those that the sentence reads. `stored` are
all weights in the file. Files are in the page cache for all cases alike.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any, Callable, Dict, List

from common import BASE_SIZES, all_sentences, options, spread, train_vocabulary

TEXT = "Angela Merkel besuchte Tokio und sprach mit Shinzo Abe über den Handel mit Japan."
THEIRS = "spacy-transformers, XLM-R"
TRANSFORMERS = "transformers, LukeModel"
LITE, FULL = "spacy_mluke, special entities", "spacy_mluke, 1.2M entities"


def full_vocabulary(size: int) -> bytes:
    """RETURNS (bytes): A SentencePiece model filled up to a number of pieces."""
    from sentencepiece import sentencepiece_model_pb2

    model = sentencepiece_model_pb2.ModelProto()
    model.ParseFromString(train_vocabulary(all_sentences()).model)
    for i in range(size - len(model.pieces)):
        model.pieces.add(piece=f"\u2581\u2581filler{i}", score=-30.0)
    return model.SerializeToString()


def build(folder: Path, args: Any) -> None:
    """Write the checkpoints and saved pipelines that are loaded.

    folder (Path): Where to.
    args (Any): Sizes from the command line.
    """
    import spacy
    import torch
    from words_only import make_theirs, make_xlm_roberta

    from spacy_mluke.modeling import EncoderConfig, MLukeEncoder
    from spacy_mluke.modeling.saving import save_checkpoint
    from spacy_mluke.text.pieces import PieceEncoder

    pieces = PieceEncoder(full_vocabulary(args.pieces))
    torch.manual_seed(0)
    config = EncoderConfig(
        vocab_size=pieces.vocab_size, entity_vocab_size=args.entities, **BASE_SIZES
    )
    names = {f"en:Entity number {i}": i for i in range(4, args.entities)}
    save_checkpoint(
        folder / "mluke", MLukeEncoder(config), config, piece_model=pieces.model, entities=names
    )
    for name, slot_entities in (("lite", "mask"), ("full", "kb_id")):
        nlp = spacy.blank("xx")
        getter = {"@misc": "spacy-mluke.ngrams.v1", "max_words": 2}
        model = {
            "name": str(folder / "mluke"),
            "span_getter": getter,
            "slot_entities": slot_entities,
        }
        nlp.add_pipe("mluke", config={"model": model})
        nlp.initialize()
        nlp.to_disk(folder / name)
    make_xlm_roberta(folder / "xlm-roberta", pieces, **BASE_SIZES)
    nlp = make_theirs(folder / "xlm-roberta")
    nlp.to_disk(folder / "theirs")


def _status(field: str) -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1]) / 1024
    raise ValueError(field)


def _load_transformers(folder: Path) -> Callable[[], Any]:
    import torch
    from transformers import LukeModel, MLukeTokenizer

    def load() -> Callable[[], Any]:
        model = LukeModel.from_pretrained(folder / "mluke").eval()
        tokenizer = MLukeTokenizer.from_pretrained(folder / "mluke")

        def run() -> Any:
            batch = tokenizer(TEXT, entity_spans=[(0, 13), (23, 28)], return_tensors="pt")
            with torch.inference_mode():
                return model(**batch)

        return run

    return load


def _load_spacy(folder: Path) -> Callable[[], Any]:
    import spacy
    from transformers import XLMRobertaModel, XLMRobertaTokenizerFast  # noqa: F401

    # Making a component imports what its factory and registered functions need.
    for factory in ("transformer", "mluke"):
        spacy.blank("xx").add_pipe(factory)

    def load() -> Callable[[], Any]:
        nlp = spacy.load(folder)
        return lambda: nlp(TEXT)

    return load


def measure(case: str, folder: Path) -> Dict[str, float]:
    """Load in this process.

    case (str): Folder of a saved pipeline, or "mluke" for the checkpoint by transformers.
    folder (Path): What `build` wrote.
    RETURNS (Dict[str, float]): Seconds and MB.
    """
    import torch

    torch.set_num_threads(1)
    load = _load_transformers(folder) if case == "mluke" else _load_spacy(folder / case)
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts from here
    before = _status("VmRSS")
    begin, begin_cpu = time.perf_counter(), time.process_time()
    run = load()
    loaded, loaded_cpu = time.perf_counter(), time.process_time()
    peak_load = _status("VmHWM") - before
    run()
    return {
        "load_seconds": loaded - begin,
        "load_cpu_seconds": loaded_cpu - begin_cpu,
        "first_doc_seconds": time.perf_counter() - loaded,
        "load_mb": peak_load,
        "peak_mb": _status("VmHWM") - before,
        "end_mb": _status("VmRSS") - before,
    }


def main() -> None:
    parser = options(__doc__, rounds=3, sentences=0)
    parser.add_argument("--entities", type=int, default=1_200_001, help="rows of the table")
    parser.add_argument("--pieces", type=int, default=250_000, help="of the vocabulary")
    parser.add_argument("--folder", type=Path, help="for about 8 GB of files; default: temporary")
    parser.add_argument("--case", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.case == "build":
        build(args.folder, args)
        return
    if args.case:
        print(json.dumps(measure(args.case, args.folder)))
        return
    with tempfile.TemporaryDirectory(dir=args.folder) as name:
        folder = Path(name)
        sizes = ["--entities", str(args.entities), "--pieces", str(args.pieces)]
        call("build", folder, *sizes)  # in a process of its own, so that its memory is free again
        cases = {THEIRS: "theirs", TRANSFORMERS: "mluke", LITE: "lite", FULL: "full"}
        found: Dict[str, List[Dict[str, float]]] = {case: [] for case in cases}
        for turn in range(args.rounds + 1):  # the first fills the page cache
            for case, part in cases.items():
                output = call(part, folder)
                if turn:
                    found[case].append(json.loads(output.splitlines()[-1]))
        show(found, used_megabytes(args), args)


def call(case: str, folder: Path, *more: str) -> str:
    """RETURNS (str): What this program prints about one case in a process of its own."""
    command = [sys.executable, __file__, "--case", case, "--folder", str(folder), *more]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout


def used_megabytes(args: Any) -> Dict[str, float]:
    """RETURNS (Dict[str, float]): Weights in MB: needed for a sentence, and stored."""
    width, wide = BASE_SIZES["hidden_size"], BASE_SIZES["intermediate_size"]
    layer = 4 * width * width + 2 * width * wide + 9 * width + wide
    body = BASE_SIZES["num_hidden_layers"] * layer + 514 * width
    entity_side = 514 * width + 256 * width
    words = (args.pieces + 4) * width
    mb = 4 / 2**20
    return {
        "used by XLM-R": body * mb,
        "used by mLUKE": (body + entity_side) * mb,
        "stored XLM-R": (body + words) * mb,
        "stored mLUKE, special entities": (body + entity_side + words) * mb,
        "stored mLUKE": (body + entity_side + words + args.entities * 256) * mb,
    }


def show(found: Dict[str, List[Dict[str, float]]], weights: Dict[str, float], args: Any) -> None:
    """Print times, memory and ratios.

    found (Dict[str, List[Dict[str, float]]]): Figures of each round by case.
    weights (Dict[str, float]): Sizes of the weights.
    args (Any): The command line.
    """
    print("\nLoading a full-size mluke-base")
    for name, size in weights.items():
        print(f"  weights {name}: {size:.0f} MB")
    print(
        f"\n{'':32}{'load s: min median max':>26}{'first doc s':>13}{'load MB':>9}"
        f"{'peak MB':>9}{'peak/used':>11}{'load ratio':>12}"
    )
    base = median(row["load_seconds"] for row in found[THEIRS])
    content = {}
    for case, rows in found.items():
        middle = {key: median(row[key] for row in rows) for key in rows[0]}
        used = weights["used by XLM-R" if case == THEIRS else "used by mLUKE"]
        times = " ".join(f"{x:7.2f}" for x in spread([row["load_seconds"] for row in rows]))
        of_used, faster = middle["peak_mb"] / used, base / middle["load_seconds"]
        print(
            f"{case:32}{times:>26}{middle['first_doc_seconds']:13.2f}{middle['load_mb']:9.0f}"
            f"{middle['peak_mb']:9.0f}{of_used:11.2f}{faster:12.1f}"
        )
        content[case] = {"rounds": rows, "peak/used": of_used, "load ratio": faster}
    print("goals: ours peak/used <= 1.2, load ratio to spacy-transformers >= 5")
    if args.json is not None:
        args.json.write_text(json.dumps({"weights_mb": weights, "cases": content}, indent=2))


if __name__ == "__main__":
    main()
