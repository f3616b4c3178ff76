"""Messages of the command line: 6xx."""


class Errors:
    """Exceptions."""

    M601 = (
        "Can't tell what to write to '{path}': name a file that ends in .spacy or .jsonl, or "
        "use --split to write parts into a folder."
    )
    M602 = "With --split the output is a folder, not the file '{path}'."
    M603 = "'{path}' holds no text, nothing was written."
    M604 = "Can't read the label '{item}': write WANTED=THEIRS,THEIRS or just WANTED."
    M605 = "The label '{source}' can't become both '{one}' and '{other}'."
    M606 = "Can't read the split '{split}': write name=share, like dev=0.1,test=0.1."
    M607 = (
        "This command needs the package '{name}', which is not installed. Install all that the "
        "commands of pretraining need with: pip install 'spacy-mluke[pretraining]'"
    )
    M620 = "Can't listen at {host}:{port}: {error}. Choose another port with --port."
    M621 = "Can't load the pipeline '{name}': {error}"
    M622 = "The request has {length} bytes. Send a text of less than {limit} bytes."
    M623 = "The request is not UTF-8: {error}."
    M624 = "The request is not JSON: {error}."
    M625 = 'Send a JSON object with a string "text", and a string "lang" if the language is known.'
    M626 = "{lang} is no language code: write one like 'en'."
    M627 = "There is nothing at {path}."
    M628 = "{path} takes {method} requests only."
    M629 = "The request doesn't say how long it is: send its Content-Length."
    M630 = "The text holds half of a surrogate pair at character {position}, which is no character."
    M631 = "The pipeline has no entity table, so its entities have no neighbours."
    M632 = "The entity table of the pipeline doesn't have {key}."
    M633 = "The pipeline failed on this text: {error}"
    M634 = "The text has {length} characters, the pipeline reads {limit} at most."
    M635 = "'{value}' is no number of neighbours: write one from 1 to {limit}."
