"""Run an installed pipeline without network and measure it. Reads and writes JSON; imports nothing
of this folder, so that only what is installed can be found.
"""

import json
import platform
import resource
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any, Dict

_DOCS = 400


def block_network() -> None:
    """Let every attempt to reach another machine fail, for the rest of this process."""
    sys.addaudithook(_refuse)


def _refuse(event: str, arguments: Any) -> None:
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"):
        raise RuntimeError(f"the pipeline reaches for the network: {event} {arguments[1:]}")


def main() -> None:
    """Load a pipeline, run it on texts, and write what came out and how long it took."""
    name, texts_path, output = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    texts = json.loads(texts_path.read_text("utf8"))
    block_network()
    start = time.perf_counter()
    import spacy

    imported = time.perf_counter()
    nlp = spacy.load(name)
    loaded = time.perf_counter()
    found = [_analysis(nlp(text)) for text in texts]
    many = texts * (_DOCS // len(texts) + 1)
    begin = time.perf_counter()
    words = sum(sum(not token.is_space for token in doc) for doc in nlp.pipe(many))
    seconds = time.perf_counter() - begin
    # Linux counts kilobytes, macOS bytes
    unit = 1 if sys.platform == "darwin" else 1024
    result = {
        "import_spacy_seconds": imported - start,
        "load_seconds": loaded - imported,
        "words_per_second": words / seconds,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6,
        "python": platform.python_version(),
        "packages": {pkg: version(pkg) for pkg in ("spacy", "spacy-mluke", "torch", "numpy")},
        "spacy_mluke": str(Path(sys.modules["spacy_mluke"].__file__ or "").parent),
        "found": found,
    }
    output.write_text(json.dumps(result), "utf8")


def _analysis(doc: Any) -> Dict[str, Any]:
    relations = doc._.relations if doc.has_extension("relations") else []
    return {
        "ents": [[ent.text, ent.label_, ent.kb_id_] for ent in doc.ents],
        "relations": [[one.head.text, one.label, one.tail.text] for one in relations],
    }


if __name__ == "__main__":
    main()
