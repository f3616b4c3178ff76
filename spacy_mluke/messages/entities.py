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
    M823 = (
        "Can't read the entity vocabulary '{path}': {error}. It is transformers' "
        "entity_vocab.json, {{name: row}}, or the original's lines of "
        '{{"id", "entities": [[title, language], ..], "count"}}.'
    )
    M824 = (
        "The name '{name}' in '{path}' is no Wikidata item, no 'lang:Title' and no special entity."
    )
    M825 = "'{names}' is no kind of names. Write titles, items or both."
    M826 = (
        "No title of the vocabulary '{path}' is in {languages}. Its titles are in: {known}. A "
        "vocabulary that only has items can be pruned by number or by a list."
    )
    M827 = "Pruning would leave no entity of '{path}'. Ask for more."
    M828 = "Say what to keep: languages, a number of entities, or a list of them."
    M829 = (
        "The entity vocabulary '{vocabulary}' does not belong to the checkpoint '{checkpoint}': "
        "{reason}. Use the one it was trained with, or none."
    )
    M830 = "Languages come from 'counts' or 'interwiki', not from '{value}'."
    M841 = (
        "'{path}' is no alias dictionary: {reason}. Build one with "
        "'python -m spacy mluke aliases build'."
    )
    M842 = "The alias dictionary '{path}' is damaged: {reason}. Build or copy it again."
    M843 = (
        "The alias dictionary '{path}' has nothing in the language '{lang}'. It knows: {known}. "
        "Name one of these as the language, or set missing = 'ignore' for no mentions."
    )
    M844 = (
        "Line {line} of {path} is no row of a label table: {reason}. A line is "
        '{{"qid": "Q42", "labels": {{"en": name}}, "aliases": {{"en": [names]}}}}.'
    )
    M845 = "Line {line} of {path} has not at least two columns with a tab between them."
    M846 = (
        "The vector of '{entity}' has shape {shape}, but the knowledge base takes {size} numbers. "
        "Make it with that entity_vector_length, or give vectors of its length."
    )
    M847 = "There are no paragraphs in {langs}. There are some in: {known}."
    M848 = "Can't read the text '{text}': write LANG=PATH, like de=dewiki.txt.gz."
    M849 = "Can't count by '{name}'. Write pages or tokens."


class Warnings:
    """Warnings."""
