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
