"""Messages of the thinc layers: 3xx."""


class Errors:
    """Exceptions."""

    M301 = (
        "No encoder states for the text {text!r}: no component {upstream!r} has encoded it, or its "
        "states were already read. Put 'mluke' before the components that listen to it and do not "
        "disable it. List it in [training.annotating_components] if it is frozen in training, or "
        "if a component that listens to it is listed there."
    )
    M302 = "A window of {size} pieces with a stride of {stride}: need 0 < stride <= window."
    M303 = "Unknown context {context!r}: use 'doc' or 'sentence'."
    M304 = (
        "Windows of sentences need sentence boundaries, and the text {text!r} has none. Add a "
        "component that sets them before 'mluke', such as 'sentencizer', or use context = 'doc'."
    )
    M305 = (
        "Impossible settings of the span proposer: {settings}. max_words, max_pieces and rank are "
        "at least 1, max_per_piece is above 0, and threshold is from 0 up to but not including 1."
    )
    M306 = "Unknown {field} {value!r} of the encoder: use one of {allowed}."
    M307 = (
        "The span getter gave the span ({start}, {end}), which is empty or not inside the Doc of "
        "{n_tokens} tokens {text!r}. Spans are (start, end) token offsets with start < end."
    )
    M308 = (
        "The encoder has no weights yet. Call nlp.initialize() to get those of its checkpoint, or "
        "load a pipeline that has them with spacy.load()."
    )
    M309 = (
        "The vocabulary has {pieces} word pieces but the encoder's word table has {rows} "
        "rows: they belong to different checkpoints."
    )
    M310 = "There is no GPU {device_id}: CUDA is not available. Use gpu_id -1 to run on the CPU."
    M311 = (
        "CUDA cannot be used in a forked process. Use n_process=1 on a GPU, or start processes "
        "with multiprocessing.set_start_method('spawn')."
    )
    M312 = (
        "A listener to {upstream!r} was asked for a training batch that is not the one that was "
        "encoded for it. Components must be updated with the batch that nlp.update gives them all."
    )
    M313 = "Unknown parts of a span's vector: {features}. Use some of {known}."
    M314 = (
        "The encoder did not keep its word states for this batch, but a listener reads them. "
        "Connect listeners before the Docs are encoded."
    )
    M315 = (
        "The span {span!r} (tokens {start} to {end}) was not encoded. Give the span getter of "
        "'mluke' the spans that its listeners ask for, such as spacy-mluke.from_suggester.v1 with "
        "the listener's suggester."
    )
    M316 = (
        "The checkpoint {name!r} has no sentencepiece.bpe.model, so texts cannot be encoded "
        "for it. Copy the file of its tokenizer into the folder."
    )
    M317 = (
        "The span proposer's weights are missing: {path}. The folder was not written "
        "completely, or the config asks for a proposer that the pipeline was not trained "
        "with."
    )
    M318 = (
        "Both a checkpoint ({name!r}) and a vocabulary of word pieces ({piece_model!r}) are "
        "given. A checkpoint has its own vocabulary; leave one of the two out."
    )
    M319 = "There is no SentencePiece model at {path!r}."
    M320 = (
        "Windows of {window} pieces are longer than the {limit} that the encoder has "
        "positions for. Leave `window` and `stride` out of the encoder's config, or lower them."
    )
    M321 = (
        "A layer with an encoder of its own was initialised without weights. Set the `name` of a "
        "checkpoint in its config, or share the encoder of a 'mluke' component."
    )

    M322 = (
        "A listener asks {upstream!r} for the vectors of entity slots, but its encoder makes none "
        '(slots = false). Use features = ["start", "end"], or turn the slots on.'
    )

    M323 = "Unknown settings of the span proposer: {unknown}. It has {known}."


class Warnings:
    """Warnings."""

    W302 = (
        "{lost} of {total} pairs of mentions cannot be read together: they reach over more pieces "
        "than a window holds, or a mention has no piece. They get no relation. Limit max_distance "
        "of the pair getter, or raise the encoder's window."
    )

    W301 = (
        "{missing} of {total} spans that a component asked {upstream!r} for were not encoded "
        "by it. They are encoded in a pass of their own, which costs time and does not train "
        "the encoder. Give its span getter the same spans, such as "
        "spacy-mluke.from_suggester.v1 with the component's suggester."
    )
