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
        "This command needs the package '{name}', which is not installed. Install it with: "
        "pip install '{wanted}'"
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
    M636 = (
        "No entity is linked in two languages, so there is nothing to compare (languages: "
        "{languages}). Read more paragraphs, or give more languages."
    )
    M637 = "The pipeline has no component of the factory 'mluke' (it has: {components})."
    M638 = "A map needs three mentions with a vector, there are {n}."
    M639 = "Can't draw to '{path}': name a file that ends in {suffixes}."
    M650 = (
        "'{path}' is no pipeline: it has no {missing}. Give a folder that `spacy train` or "
        "nlp.to_disk has written, or the name of an installed package."
    )
    M651 = "The pipeline '{path}' has no mLUKE encoder, so there is nothing to make smaller."
    M652 = (
        "The component '{component}' reads {needed} entities, and {lost} of them would be gone "
        "from the entity table, such as {example}. '--table pruned' without --languages and "
        "--entities keeps just what components read; or choose more of these, start the component "
        "anew with fewer entities, or remove it."
    )
    M653 = (
        "The encoders of '{path}' have special entities alone, there is no table to prune. Leave "
        "--table away."
    )
    M654 = "Can't write the smaller pipeline to '{path}', where the original is."
    M655 = "--{option} is '{value}'. Possible: {allowed}."
    M656 = "--languages and --entities choose from an entity table: use them with --table pruned."
    M657 = "There is nothing to do: give --precision, --table or both."
    M660 = "'{repo}' is no name of a repository: write org/name, of letters, digits, - and _."
    M661 = (
        "'{path}' cannot be published: {reason}. Give a wheel that `spacy package --build wheel` "
        "has made, or the folder of a pipeline."
    )
    M662 = (
        "'{path}' takes {size:,.0f} MiB, more than the {most} allowed. Make it smaller with "
        "`python -m spacy mluke optimize`, or raise --max-size."
    )
    M663 = (
        "The name '{repo}' is taken: there are {there} and not the pipeline {name}. Choose another "
        "name."
    )
    M664 = (
        "The hub does not take '{repo}': {reason} Check the name, the network, and your token: "
        "`huggingface-cli login` or the variable HF_TOKEN."
    )
    M670 = "A window of {window} pieces does not fit the size '{size}', which reads {most} at most."
