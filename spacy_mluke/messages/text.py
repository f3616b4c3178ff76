"""Messages of pieces, windows, span and pair getters: 1xx."""


class Errors:
    """Exceptions."""

    M101 = "Unknown mode '{mode}' of the piece encoder. Use one of: {modes}."
    M102 = (
        "The SentencePiece model cannot be read: {error}. Give the content of a "
        "'sentencepiece.bpe.model' file."
    )
    M103 = (
        "The SentencePiece model has (<unk>, <s>, </s>) at {specials}, but XLM-R's ids need "
        "them at (0, 1, 2). Train it with 'spacy_mluke.text.vocabulary.train_pieces'."
    )
    M104 = (
        "The span ({start}, {end}) does not fit a Doc of {n_tokens} tokens. Spans are token "
        "offsets with 0 <= start <= end <= length of the Doc."
    )
    M105 = "Got spans of {n_spans} Docs for {n_docs} Docs. Give one array of spans for each Doc."
    M106 = (
        "Windows of {window} pieces that advance by {stride} do not cover a text. Choose "
        "1 <= stride <= window."
    )
    M107 = (
        "The span getter '{getter}' needs {needs}, but the Doc '{start}...' has none. Add a "
        "component that sets it before this one, e.g. '{component}', and put it in "
        "[training.annotating_components] when training."
    )
    M108 = (
        "The span getter 'spacy-mluke.noun_chunks.v1' cannot be used with the language "
        "'{lang}': spaCy has no rules for its noun chunks. Use another span getter, e.g. "
        "'spacy-mluke.ngrams.v1'."
    )
    M109 = "N-grams of {low} to {high} {unit} do not exist. Choose 1 <= minimum <= maximum."
    M110 = (
        "Cannot train pieces: {reason}. Give more text, or a vocabulary size that fits it "
        "(now {vocab_size})."
    )
    M111 = "{n_markers} markers for {n_spans} spans in each input. Give one marker for each span."
    M112 = "A window of {window} pieces has no room for {n_spans} marked spans."
    M113 = (
        "Cannot add character tokens to a {kind} (pipeline language '{lang}'): it has no patterns. "
        "Use a language with spaCy's own tokenizer, like 'xx'."
    )
    M120 = "max_distance is {max_distance}: it counts tokens and cannot be negative."
    M121 = (
        'Types of related entities are pairs of labels, such as [["PER", "ORG"]], but the config '
        "has {types}."
    )
    M122 = (
        "Pairs within a sentence need sentence boundaries, and the text {text!r} has none. Add a "
        "component that sets them, such as 'sentencizer', or use same_sentence = false."
    )


class Warnings:
    """Warnings."""

    W101 = (
        "The text has enough material for {got} pieces only; {asked} were asked for. The "
        "vocabulary has {got} pieces."
    )
