"""Show what a pipeline finds in texts in 24 languages and 11 scripts: entities, what they are
linked to, and relations. Everything found is drawn on a page for the browser.
"""

import argparse
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import Dict, Iterable, List, Optional

import spacy
from demo_sentences import TEXTS
from spacy.language import Language
from spacy.tokens import Doc, Span
from wasabi import msg

from spacy_mluke.displacy import render_page
from spacy_mluke.features import SpanFeatures
from spacy_mluke.files import atomic_path
from spacy_mluke.language import get_language, set_language
from spacy_mluke.links import NIL
from spacy_mluke.relations import get_relations
from spacy_mluke.serve.neighbours import EntityTable

ROOT = Path(__file__).parents[2]
PIPELINE = "xx_mluke_tiny"
# For the speed the texts are read this often
_REPEAT = 10
_MISSING = """{name} is neither installed nor a folder.
The wheel of xx_mluke_tiny belongs into project/pretrained; `make demo` installs what lies there.
To make it from its sources, which takes hours:
    cd project
    ../.venv/bin/python -m spacy project run tiny
    cp packages/xx_mluke_tiny-*/dist/*.whl pretrained/
Then run `make demo` again. Of another pipeline (a folder or a package):
    .venv/bin/python project/scripts/demo.py PIPELINE"""


def load(name: str) -> Language:
    """Load a pipeline.

    name (str): A package or a folder.
    RETURNS (Language): The pipeline.
    RAISES (SystemExit): If there is none; the message says what to do.
    """
    if not spacy.util.is_package(name) and not Path(name).is_dir():
        sys.exit(_MISSING.format(name=name))
    return spacy.load(name)


def analyse(nlp: Language, texts: Dict[str, str]) -> List[Doc]:
    """Run the pipeline on texts that are tagged with their language.

    nlp (Language): The pipeline.
    texts (Dict[str, str]): Language -> text.
    RETURNS (List[Doc]): The analysed texts.
    """
    docs = []
    for lang, text in texts.items():
        doc = nlp.make_doc(text)
        set_language(doc, lang)
        docs.append(doc)
    return list(nlp.pipe(docs))


def describe(doc: Doc, table: Optional[EntityTable]) -> Iterable[str]:
    """Write down what was found in a text.

    doc (Doc): The analysed text.
    table (Optional[EntityTable]): Has the titles of entities by language, if it knows any; the
        English one is shown, or else that of the text's language.
    YIELDS (str): The text, its entities and its relations, a line each.
    """
    lang = get_language(doc)
    yield f"{lang}  {doc.text}"
    for ent in doc.ents:
        words = [f"    {ent.label_:<4}", ent.text]
        if is_linked(ent):
            titles = table.titles(ent.kb_id_) if table is not None else {}
            title = titles.get("en") or titles.get(lang)
            words += ["=", ent.kb_id_, *([f"({title})"] if title else [])]
        score = SpanFeatures(ent).score
        words += [f" {score:.2f}"] if score is not None else []
        yield " ".join(words)
    for rel in get_relations(doc):
        yield f"    {rel.head.text} --{rel.label}--> {rel.tail.text}  {rel.score:.2f}"


def is_linked(ent: Span) -> bool:
    """RETURNS (bool): Whether an entity has been linked to an item."""
    return ent.kb_id_ not in ("", NIL)


def names_of_items(docs: Iterable[Doc]) -> Dict[str, Dict[str, str]]:
    """Collect what the same item is called in several texts.

    docs (Iterable[Doc]): Analysed texts.
    RETURNS (Dict[str, Dict[str, str]]): Item -> name -> language, of items with several names,
        those with most names first.
    """
    names: Dict[str, Dict[str, str]] = defaultdict(dict)
    for doc in docs:
        for ent in filter(is_linked, doc.ents):
            names[ent.kb_id_].setdefault(ent.text, get_language(doc))
    several = [(item, found) for item, found in names.items() if len(found) > 1]
    return dict(sorted(several, key=lambda pair: (-len(pair[1]), pair[0])))


def words_per_second(nlp: Language, texts: Iterable[str]) -> float:
    """Measure how fast a pipeline reads.

    nlp (Language): The pipeline.
    texts (Iterable[str]): Texts; they are read several times.
    RETURNS (float): Tokens a second, without white space.
    """
    many = list(texts) * _REPEAT
    begin = time.perf_counter()
    words = sum(not token.is_space for doc in nlp.pipe(many) for token in doc)
    return words / (time.perf_counter() - begin)


def main() -> None:
    """Show what a pipeline finds in texts in many languages and scripts."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("pipeline", nargs="?", default=PIPELINE, help="a package or a folder")
    parser.add_argument("--output", type=Path, default=ROOT / "demo_output" / "demo.html")
    args = parser.parse_args()
    begin = time.perf_counter()
    nlp = load(args.pipeline)
    loaded = time.perf_counter()
    docs = analyse(nlp, TEXTS)
    analysed = time.perf_counter()
    table = EntityTable.of(nlp)
    for doc in docs:
        print("\n".join(describe(doc, table)), end="\n\n")
    shared = names_of_items(docs)
    if shared:
        msg.divider("One item, several names")
    for item, names in shared.items():
        print(f"{item}: {', '.join(f'{name} ({lang})' for name, lang in names.items())}")
    with atomic_path(args.output) as path:
        path.write_text(render_page(docs, title=f"{args.pipeline}: demo"), encoding="utf8")
    speed = words_per_second(nlp, TEXTS.values())
    msg.divider("Done")
    print(f"Loaded in {loaded - begin:.1f} s, {len(docs)} texts read in {analysed - loaded:.1f} s")
    print(f"Speed: {speed:,.0f} words/s (characters in languages that do not set words apart)")
    msg.good(f"Open in a browser: {args.output}")


if __name__ == "__main__":
    main()
