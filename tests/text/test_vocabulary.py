import pytest
import sentencepiece

from spacy_mluke.text.vocabulary import train_pieces

TEXTS = ["the cat sat on the mat", "the dog sat on the log\nthe cat and the dog"] * 3


def test_same_texts_give_the_same_bytes():
    assert train_pieces(TEXTS, vocab_size=18) == train_pieces(iter(TEXTS), vocab_size=18)


def test_layout_is_that_of_xlmr():
    processor = sentencepiece.SentencePieceProcessor(model_proto=train_pieces(TEXTS, vocab_size=18))
    assert [processor.id_to_piece(i) for i in range(3)] == ["<unk>", "<s>", "</s>"]
    assert len(processor) == 18
    # nmt_nfkc, and a "▁" before the first word
    assert processor.encode("Ｔｈｅ", out_type=str) == processor.encode(" The\u200b", out_type=str)
    assert processor.encode("the", out_type=str)[0].startswith("▁")


def test_small_corpus_gives_a_smaller_vocabulary_and_a_warning():
    with pytest.warns(UserWarning, match=r"\[W101\].* 8 pieces only; 1000 were asked"):
        model = train_pieces(["aaa bbb aaa"], vocab_size=1000)
    assert len(sentencepiece.SentencePieceProcessor(model_proto=model)) == 8


@pytest.mark.parametrize("texts", [[], ["", " \n"], ["abcdefghijklmnopqrstuvwxyz"]])
def test_impossible_corpus_is_an_error(texts):
    with pytest.raises(ValueError, match="M110"):
        train_pieces(texts, vocab_size=10)


def test_long_text_is_not_dropped():
    text = "the cat sat. " * 1000 + "the zebra ran."
    model = train_pieces([text], vocab_size=15, character_coverage=1.0)
    assert sentencepiece.SentencePieceProcessor(model_proto=model).piece_to_id("z") > 0


def test_sample_draws_from_the_texts():
    texts = [f"the cat number {i} sat on mat {i}" for i in range(2000)]
    model = train_pieces(texts, vocab_size=40, sample=200, seed=1)
    assert model == train_pieces(texts, vocab_size=40, sample=200, seed=1)
