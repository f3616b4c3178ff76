"""The language of a doc, kept on the doc.

`doc.lang_` is the language of the pipeline's vocab, "xx" in a multilingual pipeline, so training
data carries the language of each text itself: scores are then given by language.
"""

from spacy.tokens import Doc

from .doc_data import read_entries, remove_entries, text_length, write_entry

ENTRY = "mluke_lang"
EXTENSION = "lang_code"
SEVERAL = "mul"


def set_language(doc: Doc, lang: str) -> None:
    """Tag a doc with its language.

    doc (Doc): The doc.
    lang (str): Language code, like "de".
    """
    remove_entries(doc, ENTRY)
    write_entry(doc, ENTRY, 0, text_length(doc), {"lang": lang})


def get_language(doc: Doc) -> str:
    """The language a doc is tagged with.

    doc (Doc): The doc.
    RETURNS (str): Language code; "mul" if docs of several languages were joined; the vocab's
        language if the doc has no tag.
    """
    languages = {value["lang"] for _, _, value in read_entries(doc, ENTRY)}
    if not languages:
        return doc.lang_
    return languages.pop() if len(languages) == 1 else SEVERAL


def register_extensions() -> None:
    """Register `doc._.lang_code`."""
    if not Doc.has_extension(EXTENSION):
        Doc.set_extension(EXTENSION, getter=get_language, setter=set_language)
