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
    M413 = (
        "The scores of {name!r} can't be calibrated: the last layer of its model has no weights "
        "to scale. Use Linear.v1."
    )
    M414 = (
        "There is no entity to calibrate {name!r} with. Give it texts with annotated entities that "
        "it was not trained on."
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
    M440 = (
        "{name!r} has no encoder: its listener is not connected to any 'mluke' component. Add one "
        "before it, with the name that the listener's `upstream` asks for."
    )
    M441 = (
        "{name!r} has nothing to link to: the encoder's entity table has {rows} rows, which are "
        "those of special entities. Start 'mluke' from a checkpoint with a full table (not a "
        "'lite' one), and set `slot_entities = \"kb_id\"` in its model to load it."
    )
    M442 = (
        "{name!r} has no weights to start from: {source} has no head of masked entity prediction "
        "(entity_predictions.*). Start 'mluke' from a pretrained checkpoint that has one, or name "
        "one with the same entity table as `checkpoint` in [initialize.components.{name}]."
    )
    M443 = (
        "The linker has no aliases: set `path` of 'spacy-mluke.linker_aliases.v1' to the folder of "
        "an alias dictionary and initialise the component. 'python -m spacy mluke aliases --help' "
        "says how to build one."
    )
    M444 = (
        "There is no knowledge base at {path}: set `path` of 'spacy-mluke.linker_kb.v1' to a "
        "folder that an InMemoryLookupKB was written to with `to_disk`."
    )
    M445 = "Unknown mode {mode!r}: use 'local' or 'global'."
    M446 = "{field} is {value}: it must be at least 1."
    M447 = (
        "{name!r} cannot link in the mode 'global': with `attention = \"independent\"` an entity "
        "in a slot changes nothing for other mentions. Use the mode 'local', or an encoder with "
        "`attention = \"full\"`."
    )
    M448 = (
        "{name!r} cannot be calibrated: no mention of these examples has both a gold link (or "
        "'NIL') and candidates."
    )
    M449 = (
        "{name!r} reads the states of entity slots alone: the `features` of its 'tok2vec' are "
        "{features}, they must be ['entity']."
    )
    M450 = "Unknown value {unmatched!r} for `unmatched` of the linker's scorer: use {allowed}."
    M451 = (
        "These aliases were saved in form {found}, this package reads {version}. Install the "
        "version of spacy_mluke that the pipeline names as its requirement."
    )
    M452 = (
        "None of the entities in the alias dictionary '{path}' has a row in the encoder's entity "
        "table: the two were not made for each other. Build the dictionary with the interwiki "
        "table that the vocabulary was made with, or prune the table less."
    )
    M453 = (
        "{name!r} belongs to an entity table of {expected} rows, the encoder's has {rows}. Prune a "
        "table together with the pipeline that reads it, with 'python -m spacy mluke optimize', or "
        "initialise the component anew."
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
    W440 = (
        "{lost} of {total} gold links cannot be learned by {name!r}: {reasons}. They are learned "
        "as 'none of the candidates', or not at all if there are no candidates. See the "
        "component's `report`."
    )
