"""Messages of training data and scoring: 5xx."""


class Errors:
    """Exceptions."""

    M501 = (
        "Can't store '{name}' at characters {start}-{end}: the range must not be empty and must "
        "lie in the doc, which has {length} characters."
    )
    M502 = (
        "Can't store '{name}' on a Doc: {kind} would not survive serialisation. Use dicts with "
        "str keys, lists, strings, numbers and numpy arrays of numbers."
    )
    M511 = (
        "The {end} of a relation '{label}' is a span of another doc. Both ends must be spans of "
        "the doc that gets the relation."
    )
    M512 = (
        "The {end} of a relation '{label}' is an empty span (tokens {start}-{stop}). Both ends "
        "must have at least one token."
    )
    M513 = (
        "The {end} of a relation '{label}' (tokens {start}-{stop}) is outside its doc, which has "
        "{length} tokens. Make the span again after changing the doc's tokens."
    )
    M521 = "'{path}' is not UTF-8 text ({error}). Convert it to UTF-8 first."
    M522 = "'{path}' can't be decompressed to its end ({error}). Fetch or copy it again."
    M523 = "There is no file or folder '{path}'."
    M524 = "The folder '{path}' has no file that ends in {suffixes}."
    M531 = (
        "{path}, line {line}: {problem}. A line of the relation format is a JSON object with "
        '"text", and optionally "ents" [[start, end, label]], "relations" '
        '[[head index, tail index, label]], "links" [[start, end, id]], "partial", "tokens" '
        '[[start, end]] and "lang".'
    )
    M532 = (
        "Tokens given for '{text}' are wrong at characters {start}-{end}: they must be in order, "
        "must not overlap, and may leave out nothing but whitespace."
    )
    M533 = (
        "'{path}' is not a file of word and tag columns: no column holds tags like O, B-PER, "
        "I-PER. Name the columns, or check that the file is what it should be."
    )
    M534 = (
        "{path}, line {line}: {problem}. Expected a number, a tab and a sentence with one "
        "<e1>...</e1> and one <e2>...</e2>, and in the next line a label like "
        "per:origin(e1,e2) or no_relation."
    )
    M535 = "{path}, record {record}: {problem}."
    M536 = "Parts of a split must be between 0 and 1 and sum to at most 1, not {parts}."
    M537 = (
        "There is no tokenizer for the language '{lang}' ({error}). Use 'xx', the tokenizer of "
        "multilingual pipelines."
    )
    M538 = (
        "{path}, line {line}: {problem}. Expected JSON with text and labels (ELEVANT), or columns "
        "under a heading with TOKEN, NE-COARSE-LIT, NEL-LIT and MISC (HIPE)."
    )
    M541 = (
        "spacy-mluke.RelationCorpus.v1 has no path. Set it in the config, or on the command line, "
        "like --paths.train corpus/train.spacy."
    )
    M542 = "Relations can't be matched by '{match}'. Choose one of: {matches}."
    M550 = (
        "'{path}' holds no text. Check the path, and that the corpus was converted for this split."
    )
    M551 = (
        "There are labels that the config does not know:\n{lines}\nName each of them after the "
        "label it shall become (known are: {known}), name it in drop_labels, or leave all of them "
        "out with other_labels = \"drop\"."
    )
    M552 = "The label '{label}' can't be dropped and become '{wanted}'. Take it out of one of both."
    M553 = "Other labels can't be treated by '{other}'. Choose one of: {allowed}."
    M554 = (
        "spacy-mluke.MixedCorpus.v1 needs either a path (the texts are mixed by their languages) "
        "or a block of named corpora, and has {given}."
    )
    M555 = "The corpus '{name}' has unknown settings: {unknown}. Known are: {known}."
    M556 = "The corpus '{name}' needs either a path or a reader, and has {given}."
    M557 = (
        "The corpus '{name}' has texts without a language, first '{text}'. Give the corpus a lang, "
        "or its lines a \"lang\"."
    )
    M558 = (
        "The corpus '{name}' is said to be '{lang}', but the text '{text}' in it is tagged "
        "'{tag}'. Correct the lang, or leave it out to use those of the texts."
    )
    M559 = (
        "Corpora can't be mixed by alpha = {alpha}, epoch_size = {epoch_size}, limit = {limit}, "
        "seed = {seed}: alpha is between 0 and 1, the others are 0 or more."
    )
    M560 = "The corpus '{name}' has the weight {weight}; it must be above 0."
    M561 = (
        "The state of the training in '{folder}' can't be read: {error}. Delete the folder, or "
        "train with --restart, to begin again."
    )
    M562 = (
        "'{folder}' is the state of a training with other settings:\n{different}\nGo on with the "
        "same settings, or begin again with --restart."
    )
    M570 = (
        "The component '{name}' has no encoder to read from: put one that is called '{upstream}' "
        "(\"*\" for any) before it in nlp.pipeline."
    )


class Warnings:
    """Warnings."""

    W501 = (
        "doc._.{name} was registered by another package and is left as it is. Use "
        "spacy_mluke.relations.get_relations(doc) and set_relations(doc, relations) instead."
    )
    W502 = (
        "Reading '{path}' lost annotation (shown once):\n{table}\nRaise max_length, or correct the "
        "data, to train on all of it."
    )
    W503 = "{relation} can't be drawn: its head and tail overlap."
    W550 = (
        "An epoch of {epoch_size} examples leaves some out:\n{table}\nThe next epoch goes on where "
        "it ended, but spaCy reads a corpus once unless training.max_epochs is -1. Set "
        "epoch_size = 0 to have all in each epoch."
    )
