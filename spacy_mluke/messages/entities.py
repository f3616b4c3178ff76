"""Messages of interwiki, entity vocabulary, aliases and mention detection: 8xx."""


class Errors:
    """Exceptions."""

    M801 = (
        "Line {line} of {path} is no paragraph: {reason}. A line is a JSON object with 'text' and "
        '\'ents\', a list of [start, end, "Q42" or "lang:Title"] in characters.'
    )
    M811 = (
        "The folder '{path}' holds no {kind}: {reason}. Build one with "
        "'python -m spacy mluke {kind}'."
    )
    M812 = "The file {file} of the {kind} in '{path}' is damaged: {reason}. Build or copy it again."
    M813 = "There is no file '{path}' to read titles from."
    M814 = (
        "Can't tell what '{path}' is. Titles of items are read from wb_items_per_site.sql, from "
        "Wikidata's JSON or pages-articles dump, or from lines of "
        '{{"qid": "Q42", "labels": {{"en": ..}}}}.'
    )
    M815 = "No title of a Wikidata item in {sources}; nothing was written."
    M816 = "Can't read '{path}' to its end: {error}. Get the file again; nothing was written."
    M817 = "Can't read line {line} of '{path}': {error}. Nothing was written."
    M818 = "Can't read the item on page {page} of '{path}': {error}. Nothing was written."
    M820 = (
        "No entity is linked {min_count} times in {min_languages} of {n} languages. Lower the "
        "numbers, or count languages from an interwiki."
    )
    M821 = (
        "'{path}' is no paragraphs of a language. Name files like 'de.jsonl.gz', folders like "
        "'de', or a folder of these."
    )
    M822 = (
        "Languages from the interwiki and entities that are never linked need an interwiki. Give "
        "one, or count languages by links and set the lowest count to 1."
    )


class Warnings:
    """Warnings."""
