"""Draw the picture of the README: entities, links and relations of some texts of the demo, by
displaCy. Texts without relations are left out.

    python scripts/picture.py ../docs/picture.svg
"""

import argparse
import re
from pathlib import Path
from typing import Iterable, List

from demo import PIPELINE, analyse, is_linked, load
from demo_sentences import TEXTS
from spacy.tokens import Doc, Span

from spacy_mluke.displacy import draw_relations
from spacy_mluke.files import atomic_path

LANGUAGES = ("es", "nl", "hi")
_SIZE = re.compile(r' width="([\d.]+)" height="([\d.]+)"')
# displaCy numbers its drawings by chance
_ID = re.compile(r'id="([0-9a-f]{32}-\d+)"')


def with_links(doc: Doc) -> Doc:
    """Copy a doc and put the items of entities into their labels, where displaCy shows them.

    doc (Doc): An analysed text.
    RETURNS (Doc): The copy.
    """
    shown = doc.copy()
    shown.ents = [
        Span(
            shown,
            ent.start,
            ent.end,
            label=f"{ent.label_} {ent.kb_id_}" if is_linked(ent) else ent.label_,
        )
        for ent in doc.ents
    ]
    return shown


def draw(docs: Iterable[Doc]) -> str:
    """Draw the relations of texts one below the other.

    docs (Iterable[Doc]): Analysed texts.
    RETURNS (str): SVG; the same for the same docs.
    """
    placed: List[str] = []
    width = height = 0.0
    drawings = (drawing for doc in docs for drawing in draw_relations(with_links(doc)))
    for number, drawing in enumerate(drawings):
        for name in set(_ID.findall(drawing)):
            drawing = drawing.replace(name, f"drawing-{number}")
        size = _SIZE.search(drawing)
        assert size, drawing[:200]
        placed.append(drawing.replace("<svg ", f'<svg y="{height:g}" ', 1))
        width, height = max(width, float(size[1])), height + float(size[2])
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" '
        f'width="{width:g}" height="{height:g}">\n'
        f'<rect width="100%" height="100%" fill="#ffffff"/>\n{"".join(placed)}\n</svg>\n'
    )


def main() -> None:
    """Draw what a pipeline finds in some texts of the demo."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("output", type=Path, help="SVG file to write")
    parser.add_argument("--pipeline", default=PIPELINE, help="a package or a folder")
    parser.add_argument("--languages", default=",".join(LANGUAGES), help="with commas between")
    args = parser.parse_args()
    nlp = load(args.pipeline)
    docs = analyse(nlp, {lang: TEXTS[lang] for lang in args.languages.split(",")})
    with atomic_path(args.output) as path:
        path.write_text(draw(docs), encoding="utf8")


if __name__ == "__main__":
    main()
