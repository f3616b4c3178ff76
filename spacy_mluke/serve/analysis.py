"""What the page asks of a pipeline, as plain data."""

import os
import pkgutil
import threading
import time
from typing import Any, Dict, List, Optional

import spacy.lang
from spacy.language import Language
from spacy.tokens import Doc, Span

from ..displacy import draw_relations, entity_url, render_page
from ..entities.keys import is_language
from ..entities.vocabulary import EntityVocabulary
from ..errors import Errors
from ..features import SpanFeatures
from ..language import set_language
from ..links import NIL
from ..relations import get_relations
from .neighbours import EntityTable, alias_table


class RequestError(Exception):
    """What is wrong with a request.

    status (int): Status of the HTTP answer.
    message (str): The text of the answer.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class Analyzer:
    """Answers questions about texts and entities. Threads may ask at the same time.

    nlp (Language): The pipeline.
    vocabulary (Optional[EntityVocabulary]): Titles of entities by language.
    """

    def __init__(self, nlp: Language, vocabulary: Optional[EntityVocabulary] = None) -> None:
        self.nlp = nlp
        self.table = EntityTable.of(nlp, vocabulary)
        # Texts wait here, so that many at once don't take the memory of all of them.
        self._turns = threading.BoundedSemaphore(os.cpu_count() or 1)

    def info(self) -> Dict[str, Any]:
        """RETURNS (Dict[str, Any]): What the pipeline is and has."""
        meta = self.nlp.meta
        factories = {name: self.nlp.get_pipe_meta(name).factory for name in self.nlp.pipe_names}
        return {
            "name": f"{meta['lang']}_{meta['name']}",
            "version": meta["version"],
            "description": meta["description"],
            "lang": self.nlp.lang,
            "components": [{"name": n, "factory": factories[n]} for n in factories],
            "languages": self._languages(),
            "entities": len(self.table) if self.table is not None else 0,
        }

    def analyze(self, text: str, lang: Optional[str] = None) -> Dict[str, Any]:
        """Run the pipeline on a text.

        text (str): The text.
        lang (Optional[str]): Its language, if that is known.
        RETURNS (Dict[str, Any]): "ents", "spans" by group, "relations", "arcs" (SVG), number of
            "tokens", "seconds". Offsets are characters.
        RAISES (RequestError): If the text can't be read, or the pipeline fails.
        """
        begin = time.perf_counter()
        doc = self._doc(text, lang)
        relations = [
            {
                "head": _place(relation.head),
                "tail": _place(relation.tail),
                "label": relation.label,
                "score": relation.score,
            }
            for relation in get_relations(doc)
        ]
        return {
            "ents": [self._entity(ent) for ent in doc.ents],
            "spans": {
                key: [self._entity(span) for span in group]
                for key, group in doc.spans.items()
                if len(group)
            },
            "relations": relations,
            "arcs": draw_relations(doc),
            "tokens": len(doc),
            "seconds": round(time.perf_counter() - begin, 3),
        }

    def page(self, text: str, lang: Optional[str] = None) -> str:
        """Run the pipeline on a text.

        text (str): The text.
        lang (Optional[str]): Its language, if that is known.
        RETURNS (str): A HTML page of its own with what was found.
        RAISES (RequestError): If the text can't be read, or the pipeline fails.
        """
        return render_page(self._doc(text, lang))

    def neighbours(self, key: str, n: int = 10) -> Dict[str, Any]:
        """Look up the entities near another one.

        key (str): "Q42" or "lang:Title".
        n (int): How many neighbours.
        RETURNS (Dict[str, Any]): "key", its "titles" by language, and its "neighbours", the
            nearest first.
        RAISES (RequestError): If there is no table, or the entity is not in it.
        """
        if self.table is None:
            raise RequestError(404, Errors.M631)
        if key not in self.table:
            raise RequestError(404, Errors.M632.format(key=key[:100]))
        neighbours = [
            {**neighbour._asdict(), **self._about(neighbour.key)}
            for neighbour in self.table.nearest(key, n)
        ]
        return {"key": key, **self._about(key), "neighbours": neighbours}

    def _doc(self, text: str, lang: Optional[str]) -> Doc:
        if lang is not None and not is_language(lang):
            raise RequestError(400, Errors.M626.format(lang=ascii(lang[:20])))
        if len(text) > self.nlp.max_length:
            message = Errors.M634.format(length=len(text), limit=self.nlp.max_length)
            raise RequestError(413, message)
        try:
            text.encode("utf8")
        except UnicodeEncodeError as error:
            raise RequestError(400, Errors.M630.format(position=error.start)) from error
        with self._turns:
            doc = self.nlp.make_doc(text)
            if lang is not None:
                set_language(doc, lang)
            return self.nlp(doc)

    def _entity(self, span: Span) -> Dict[str, Any]:
        features = SpanFeatures(span)
        linked = bool(span.kb_id_) and span.kb_id_ != NIL
        found: Dict[str, Any] = {**_place(span), "label": span.label_}
        if features.score is not None:
            found["score"] = features.score
        if linked:
            found.update(kb_id=span.kb_id_, **self._about(span.kb_id_))
        if features.candidates is not None:
            found["candidates"] = [
                {**candidate._asdict(), **self._about(candidate.kb_id)}
                for candidate in features.candidates
            ]
        return found

    def _about(self, key: str) -> Dict[str, Any]:
        """What is known of an entity: where to read about it, and its titles."""
        titles = self.table.titles(key) if self.table is not None else {}
        has_row = self.table is not None and key in self.table
        return {"url": entity_url(key), "titles": titles, "has_neighbours": has_row}

    def _languages(self) -> List[str]:
        """Those that the pipeline's meta.json names or that its linker has aliases of, or else all
        that spaCy has a name for.
        """
        known = set(self.nlp.meta.get("languages") or [])
        for _, pipe in self.nlp.components:
            aliases = alias_table(pipe)
            if aliases is not None:
                known.update(aliases.languages)
        if not known:
            modules = pkgutil.iter_modules(spacy.lang.__path__)
            known = {module.name for module in modules if module.ispkg}
        return sorted(known - {"xx"})


def _place(span: Span) -> Dict[str, Any]:
    return {"text": span.text, "start": span.start_char, "end": span.end_char}
