"""Every message the package shows when something is wrong, with its number.

A number is never reused. Ranges: 1xx text, 2xx modeling and checkpoints, 3xx layers,
4xx pipeline components, 5xx training data and scoring, 6xx command line.
"""


class _Numbered(type):
    """Puts the code of a message in front of it: ``Errors.M101`` -> ``[M101] ...``."""

    def __getattribute__(cls, name: str) -> str:
        text = super().__getattribute__(name)
        return text if name.startswith("_") else f"[{name}] {text}"


class Errors(metaclass=_Numbered):
    """Messages of exceptions. Use as ``ValueError(Errors.M101.format(...))``."""

    # --- 1xx text
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
        "Types of related entities are pairs of labels, such as [[\"PER\", \"ORG\"]], but the config "
        "has {types}."
    )
    M122 = (
        "Pairs within a sentence need sentence boundaries, and the text {text!r} has none. Add a "
        "component that sets them, such as 'sentencizer', or use same_sentence = false."
    )

    # --- 2xx modeling and checkpoints
    M201 = "The encoder size '{name}' is {value!r}. Give a whole number of at least 1."
    M202 = (
        "The hidden size {hidden} cannot be divided into {heads} attention heads. Choose a "
        "'num_attention_heads' that divides 'hidden_size'."
    )
    M203 = (
        "The entity table has {rows} rows, but the special entities {names} need {needed}. "
        "Raise 'entity_vocab_size'."
    )
    M204 = "'pad_token_id' is {pad}, which is no row of a word table with {rows} rows."
    M205 = (
        "A position table of {rows} rows leaves no room for pieces: positions start after "
        "'pad_token_id' = {pad}. Raise 'max_position_embeddings'."
    )
    M206 = "The dropout rate '{name}' is {value}. Give a number from 0 up to, not including, 1."
    M207 = "'{name}' is {value}. Give a number above 0."
    M208 = (
        "The model configuration does not say: {names}. It may belong to another kind of model; "
        "a LUKE or mLUKE config.json is needed."
    )
    M209 = (
        "The model configuration says {name} = {value!r}, but this encoder only knows "
        "{name} = {only!r}."
    )
    M210 = (
        "The batch has {kind} id {id}, but the table '{table}' has {rows} rows. "
        "Were the ids made with the vocabulary of another model?"
    )
    M211 = (
        "The lengths of the windows sum up to {total} {kind}, but the batch has {rows}. Give one "
        "length, not negative, per window."
    )
    M212 = "Window {window} has no pieces. Leave empty windows out, or keep their <s> and </s>."
    M213 = (
        "Window {window} has {length} pieces, but the position table of this encoder allows "
        "{limit}, <s> and </s> included. Use a smaller window."
    )
    M214 = "The slots are counted for {slots} windows, but the batch has {windows}."
    M215 = "The slot ranges have shape {shape}; expected ({slots}, 2): [start, end) for each slot."
    M216 = (
        "Slot {slot} stands on pieces [{start}, {end}), which is no range of its window {window} "
        "with {length} pieces (counted from <s> = 0)."
    )
    M217 = (
        "Cannot encode with pattern={pattern!r}, keep_memory={keep_memory}. The pattern is 'full' "
        "or 'independent', and only 'independent' has a memory to keep."
    )
    M220 = (
        "The checkpoint folder '{folder}' has no weights. Expected one of: {names}. Was the "
        "download interrupted?"
    )
    M221 = "The weights listed in '{file}' are incomplete. Missing parts: {parts}."
    M222 = (
        "Cannot read the weights in '{file}': {error}. The file is cut off or in another format; "
        "fetch or save it again."
    )
    M223 = (
        "The weight file '{file}' holds more than plain tensors ({error}) and is not loaded, since "
        "unpickling could run code. Convert it to safetensors where you trust it."
    )
    M224 = (
        "The weights in '{source}' do not belong to this encoder. Missing: {missing}. "
        "Unexpected: {unexpected}."
    )
    M225 = (
        "The tensor '{name}' in '{source}' has shape {found}, but the configuration makes it "
        "{expected}. Weights and config.json are of different models."
    )
    M226 = (
        "The weights take {size:.1f} GiB, and to_bytes can hold less than 4 GiB. Use to_disk, or "
        "load the checkpoint with fewer entity rows."
    )
    M227 = "The checkpoint '{path}' is a file. Give the folder that holds it and its config.json."
    M228 = (
        "There is no checkpoint '{name}': it is no folder, and the Hugging Face hub cannot give it "
        "({error}). Check the spelling and the network, or give the path of a downloaded folder."
    )
    M229 = (
        "The entity vocabulary '{file}' has no [MASK]. Give the entity_vocab file that was made "
        "with these weights."
    )
    M230 = "Entity row {row} was asked for, but the entity table has {rows} rows."
    M231 = "Cannot use the model configuration '{file}': {error}"
    M232 = (
        "'{folder}' has weights without entity markers, and adding them needs the piece model. "
        "Put XLM-R's '{file}' into the folder."
    )
    M233 = (
        "'{folder}' has no entity vocabulary (entity_vocab.json, .jsonl or .tsv), so the row of "
        "[MASK] is unknown. Put the file that belongs to the weights into the folder."
    )
    M234 = (
        "The configuration in '{folder}' says 'classifier_bias': true, but the weights have no "
        "'classifier.bias'. They were saved by a class that drops it; fetch the original weights."
    )
    M235 = "'entity_rows' is {value!r}. Give 'all', 'special' or row numbers."
    M236 = (
        "There is no '{file}'. A checkpoint folder needs a config.json (Hugging Face) or a "
        "metadata.json (original pretraining result)."
    )
    M237 = (
        "The piece model '{file}' needs {found} rows, but the word table has {rows}. They belong "
        "to different models."
    )
    M238 = (
        "The entity vocabulary '{file}' names row {row}, but the entity table has {rows} rows. "
        "They belong to different models."
    )

    # --- 3xx layers

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
        "The vocabulary has {pieces} word pieces but the encoder's word table has {rows} rows: they "
        "belong to different checkpoints."
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
        "The checkpoint {name!r} has no sentencepiece.bpe.model, so texts cannot be encoded for it. "
        "Copy the file of its tokenizer into the folder."
    )
    M317 = (
        "The span proposer's weights are missing: {path}. The folder was not written completely, or "
        "the config asks for a proposer that the pipeline was not trained with."
    )
    M318 = (
        "Both a checkpoint ({name!r}) and a vocabulary of word pieces ({piece_model!r}) are given. A "
        "checkpoint has its own vocabulary; leave one of the two out."
    )
    M319 = "There is no SentencePiece model at {path!r}."
    M320 = (
        "Windows of {window} pieces are longer than the {limit} that the encoder has positions for. "
        "Lower `window` in the encoder's config."
    )
    M321 = (
        "A layer with an encoder of its own was initialised without weights. Set the `name` of a "
        "checkpoint in its config, or share the encoder of a 'mluke' component."
    )

    M322 = (
        "A listener asks {upstream!r} for the vectors of entity slots, but its encoder makes none "
        "(slots = false). Use features = [\"start\", \"end\"], or turn the slots on."
    )

    M323 = "Unknown settings of the span proposer: {unknown}. It has {known}."

    # --- 4xx pipeline components

    M401 = (
        "The span {span!r} (tokens {start} to {end}) has no entity vector. Either the span getter of "
        "'mluke' did not ask for it, or a later component kept only the entities' vectors, or it is "
        "longer than a window; see doc._.mluke.spans and doc._.mluke.report."
    )
    M402 = (
        "{name} are not kept on the Doc. Set `retain = \"all\"` on the 'mluke' component to have the "
        "states of words and of the first and last pieces of spans."
    )
    M403 = "Unknown value {retain!r} for `retain`: use one of {allowed}."
    M404 = "max_batch_items is {value}: it must be at least 1."
    M405 = (
        "Training stopped: the numbers of {name!r} are no longer finite on a batch of {n_docs} "
        "texts that begins: {texts}. Usually the learning rate is too high; for a pretrained encoder "
        "it should be about 1e-5 to 5e-5, with warm-up and gradient clipping."
    )
    M406 = "Unknown output {output!r}: use one of {allowed}."
    M407 = "The threshold is {threshold}: it is a probability, from 0 to 1."
    M408 = (
        "Cannot add the label {label!r} to {name!r}: its model already has its final size. Add all "
        "labels before nlp.initialize(); to start again with others, remove the component and add it "
        "anew."
    )
    M409 = (
        "The component {name!r} has no labels. Train it on examples that have some, or give `labels` "
        "in [initialize.components.{name}]."
    )
    M410 = (
        "The training data has the label {label!r} (on {span!r}), which {name!r} does not know: its "
        "labels are {labels}. Initialise it with all labels of the data, or map the label."
    )
    M411 = "Unknown value {keep_vectors!r} for `keep_vectors`: use 'ents' or 'all'."
    M412 = (
        "The parts of this Doc were encoded by encoders of different width ({widths}), so there is "
        "no one table of its vectors. Read doc._.mluke of the parts before joining them."
    )
    M420 = (
        "The training data has the relation {label!r} (between {head!r} and {tail!r}), which "
        "{name!r} does not know: its labels are {labels}. Initialise it with all labels of the data."
    )
    M421 = (
        "{name!r} was given a checkpoint or a vocabulary, but has no encoder of its own: it listens "
        "to a 'mluke' component. Initialise that one, or use spacy-mluke.MarkerPairClassifier.v1."
    )

    # --- 5xx training data and scoring

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
        '[[head index, tail index, label]], "tokens" [[start, end]] and "lang".'
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
    M541 = (
        "spacy-mluke.RelationCorpus.v1 has no path. Set it in the config, or on the command line, "
        "like --paths.train corpus/train.spacy."
    )
    M542 = "Relations can't be matched by '{match}'. Choose one of: {matches}."

    # --- 6xx command line

    M601 = (
        "Can't tell what to write to '{path}': name a file that ends in .spacy or .jsonl, or "
        "use --split to write parts into a folder."
    )
    M602 = "With --split the output is a folder, not the file '{path}'."
    M603 = "'{path}' holds no text, nothing was written."
    M604 = "Can't read the label '{item}': write WANTED=THEIRS,THEIRS or just WANTED."
    M605 = "The label '{source}' can't become both '{one}' and '{other}'."
    M606 = "Can't read the split '{split}': write name=share, like dev=0.1,test=0.1."


class Warnings(metaclass=_Numbered):
    """Messages of warnings, numbered apart from the errors (``W`` for ``M``)."""

    # --- 1xx text
    W101 = (
        "The text has enough material for {got} pieces only; {asked} were asked for. The "
        "vocabulary has {got} pieces."
    )

    # --- 2xx modeling and checkpoints

    # --- 3xx layers

    W302 = (
        "{lost} of {total} pairs of mentions cannot be read together: they reach over more pieces "
        "than a window holds, or a mention has no piece. They get no relation. Limit max_distance "
        "of the pair getter, or raise the encoder's window."
    )

    W301 = (
        "{missing} of {total} spans that a component asked {upstream!r} for were not encoded by it. "
        "They are encoded in a pass of their own, which costs time and does not train the encoder. "
        "Give its span getter the same spans, such as spacy-mluke.from_suggester.v1 with the "
        "component's suggester."
    )

    # --- 4xx pipeline components

    W401 = (
        "{lost} of {total} gold spans do not fall on token boundaries and cannot be learned by "
        "{name!r}. Tokenise the data with the pipeline's tokenizer, or align the annotation."
    )
    W402 = (
        "{lost} of {total} gold relations cannot be learned by {name!r}: their pair is never "
        "proposed. Look at the limits of its pair getter (distance, sentence, types), and at ends "
        "that are not entities or do not fall on token boundaries."
    )

    # --- 5xx training data and scoring

    W501 = (
        "doc._.{name} was registered by another package and is left as it is. Use "
        "spacy_mluke.relations.get_relations(doc) and set_relations(doc, relations) instead."
    )
    W502 = (
        "Reading '{path}' lost annotation (shown once):\n{table}\nRaise max_length, or correct the "
        "data, to train on all of it."
    )
    W503 = "{relation} can't be drawn: its head and tail overlap."
