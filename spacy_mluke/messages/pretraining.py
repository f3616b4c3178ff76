"""Messages of the Wikipedia reader, datasets and pretraining: 7xx."""


class Errors:
    """Exceptions."""

    M701 = (
        "There is no dump '{path}'. Give a file pages-articles.xml, .xml.bz2, .xml.gz or .xml.xz."
    )
    M702 = (
        "'{path}' is no MediaWiki dump: it has neither <mediawiki> nor <page>. Give a file "
        "pages-articles.xml, plain or packed by bzip2, gzip or xz."
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
