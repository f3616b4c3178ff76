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

    # --- 4xx pipeline components

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

    # --- 4xx pipeline components

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
