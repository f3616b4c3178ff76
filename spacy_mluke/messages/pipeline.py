"""Messages of the pipeline components: 4xx."""


class Errors:
    """Exceptions."""

    M401 = (
        "The span {span!r} (tokens {start} to {end}) has no entity vector. Either the span "
        "getter of 'mluke' did not ask for it, or a later component kept only the entities' "
        "vectors, or it is longer than a window; see doc._.mluke.spans and "
        "doc._.mluke.report."
    )
    M402 = (
        "{name} are not kept on the Doc. Set `retain = \"all\"` on the 'mluke' component to "
        "have the states of words and of the first and last pieces of spans."
    )
    M403 = "Unknown value {retain!r} for `retain`: use one of {allowed}."
    M404 = "max_batch_items is {value}: it must be at least 1."
    M405 = (
        "Training stopped: the numbers of {name!r} are no longer finite on a batch of "
        "{n_docs} texts that begins: {texts}. Usually the learning rate is too high; for a "
        "pretrained encoder it should be about 1e-5 to 5e-5, with warm-up and gradient "
        "clipping."
    )
    M406 = "Unknown output {output!r}: use one of {allowed}."
    M407 = "The threshold is {threshold}: it is a probability, from 0 to 1."
    M408 = (
        "Cannot add the label {label!r} to {name!r}: its model already has its final size. "
        "Add all labels before nlp.initialize(); to start again with others, remove the "
        "component and add it anew."
    )
    M409 = (
        "The component {name!r} has no labels. Train it on examples that have some, or give "
        "`labels` in [initialize.components.{name}]."
    )
    M410 = (
        "The training data has the label {label!r} (on {span!r}), which {name!r} does not "
        "know: its labels are {labels}. Initialise it with all labels of the data, or map "
        "the label."
    )
    M411 = "Unknown value {keep_vectors!r} for `keep_vectors`: use 'ents' or 'all'."
    M412 = (
        "The parts of this Doc were encoded by encoders of different width ({widths}), so there is "
        "no one table of its vectors. Read doc._.mluke of the parts before joining them."
    )
    M420 = (
        "The training data has the relation {label!r} (between {head!r} and {tail!r}), which "
        "{name!r} does not know: its labels are {labels}. Initialise it with all labels of "
        "the data."
    )
    M421 = (
        "{name!r} was given a checkpoint or a vocabulary, but has no encoder of its own: it "
        "listens to a 'mluke' component. Initialise that one, or use "
        "spacy-mluke.MarkerPairClassifier.v1."
    )


class Warnings:
    """Warnings."""

    W401 = (
        "{lost} of {total} gold spans do not fall on token boundaries and cannot be learned by "
        "{name!r}. Tokenise the data with the pipeline's tokenizer, or align the annotation."
    )
    W402 = (
        "{lost} of {total} gold relations cannot be learned by {name!r}: their pair is never "
        "proposed. Look at the limits of its pair getter (distance, sentence, types), and at ends "
        "that are not entities or do not fall on token boundaries."
    )
