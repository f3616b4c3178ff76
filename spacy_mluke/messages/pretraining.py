"""Messages of the Wikipedia reader, datasets and pretraining: 7xx."""


class Errors:
    """Exceptions."""

    M701 = (
        "There is no dump '{path}'. Give a file pages-articles.xml, .xml.bz2, .xml.gz or .xml.xz."
    )
    M702 = (
        "'{path}' is no MediaWiki dump: it has neither <mediawiki> nor <page> ({found}). Give a "
        "file pages-articles.xml, plain or packed by bzip2, gzip or xz."
    )
    M703 = "The dump '{path}' does not say its language. Give it, like --lang de."
    M704 = (
        "'{path}' is a dump of Wikidata, whose pages are items and no texts. Use "
        "`python -m spacy mluke interwiki` to read its titles in all languages."
    )
    M705 = (
        "Another run is writing to '{path}'. Wait for its end, or give each run a folder of its "
        "own."
    )
    M706 = (
        "'{path}' has the beginning of another extraction: {difference}. Give another folder, or "
        "remove this one."
    )
    M707 = (
        "Can't use several machines: the package 'ray' is missing. Install it with `pip install "
        "spacy_mluke[ray]`, or leave out --ray to use the cores of this machine."
    )
    M708 = "'{name}' is {value}. Give a number of at least {least}."
    M709 = (
        "The dump '{path}' has {found} pages where {expected} were counted before: it has changed "
        "or is read from a broken disk. Remove '{folder}' and start again."
    )
    M710 = (
        "A process that parses pages was killed, perhaps for want of memory. Start again to go on "
        "where this run ended, with fewer --processes if need be."
    )
    M731 = "Unknown way to cut text: '{cut}'. Use one of: {cuts}."
    M732 = (
        "There is no data in '{folder}'. Make a dataset with `python -m spacy mluke dataset`."
    )
    M735 = "The dataset has no instances. Its metadata says what was left out, and why."
    M736 = (
        "A batch of {size} pieces has no room for the longest instance, which takes {longest}. Set "
        "[sampling] batch_pieces to more."
    )
    M737 = (
        "The saved state is of a dataset with {expected} shards; this one has {found}. Go on with "
        "the same data, or give another output folder."
    )
    M738 = (
        "{parts} micro-batches cannot be shared by {processes} processes. Set [run] micro_batches "
        "to a multiple of the number of processes."
    )
    M739 = "The config has {name} = {value!r}. Possible: {allowed}."
    M740 = (
        "The config has no stage. Add one, like [stages.all] with steps = 1000 and "
        "learn_rate = 0.0005."
    )
    M741 = "The config '{path}' cannot be read: {reason}."
    M742 = "The config section [{section}] is not complete: {error}."
    M743 = (
        "The stage '{stage}' cannot be run: it needs steps and learn_rate above 0 and a warmup of "
        "0 or more."
    )
    M744 = (
        "The stage '{stage}' trains entities alone, but [run] with_entities is false. Remove the "
        "stage."
    )
    M746 = (
        "The saved state of the optimizer has nothing for '{name}': it is of another model. Go on "
        "with the same settings, or give another output folder."
    )
    M747 = (
        "The saved state in '{folder}' is damaged: {error}. Remove it; the run goes on from an "
        "older one if there is one, or from the start."
    )
    M748 = (
        "The checkpoint '{name}' has other {kind} than the dataset ({file}). Make the dataset with "
        "the vocabulary of the checkpoint."
    )
    M749 = (
        "'{folder}' is no whole dataset: '{file}' is missing. Make it with "
        "`python -m spacy mluke dataset`."
    )
    M750 = (
        "The folder '{folder}' has a run with other settings or data. Give another folder, or "
        "remove it to start again."
    )
    M751 = (
        "The dataset '{folder}' has no held-out pages. Make it with --held-out 0.01, or another "
        "share."
    )
    M752 = (
        "The dataset '{folder}' is written in other vocabularies than '{file}'. Give another "
        "folder, or remove it."
    )
    M753 = (
        "Entity embeddings as wide as the states of words ({size}) have no layer behind them that "
        "could take up the change of their rows. Pretrain with a smaller 'entity_emb_size'."
    )


class Warnings:
    """Warnings."""

    W701 = (
        "The dump {path} ends too early ({reason}). All pages before that are kept; pages "
        "that are cut: {cut}."
    )
    W702 = (
        "The dump {path} says that it is {found}, but its name begins with {expected}. If the name "
        "is right, give the language, like --lang {lang}."
    )
    W703 = (
        "There is no table of names for the language '{lang}'. Disambiguation pages are found by "
        "__DISAMBIG__, by English names of templates, and by what the dump itself says."
    )
