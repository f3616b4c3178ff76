"""Messages of the encoder and checkpoints: 2xx."""


class Errors:
    """Exceptions."""

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
    M260 = (
        "'{name}' has no '{file}': it is a checkpoint of (English) LUKE, whose tokenizer is "
        "RoBERTa's, or its download is incomplete. Only checkpoints of mLUKE can be imported."
    )
    M261 = (
        "'{name}' is a checkpoint of {said}, or its classifier has another width than that. "
        "Possible: {known}."
    )
    M262 = (
        "The config.json of '{name}' names {found} different labels in 'id2label', but its "
        "classifier has {rows} rows. Name each row, from 0 on."
    )
    M263 = (
        "Cannot tell which label of '{name}' stands for no entity or no relation. Give one of them "
        "as --none: {labels}."
    )
