import pytest
import spacy
from spacy.tokens import Doc

from spacy_mluke.training.words import (
    CharacterTokenizer,
    blank_pipeline,
    spaces_between,
    spaces_from_text,
    words_and_spaces,
)


@pytest.mark.parametrize(
    "text,words",
    [
        ("東京タワーはITの塔 (2階)", "東 京 タ ワ ー は IT の 塔 ( 2 階 )"),
        ("a b", "a b"),
        (" a", "␣ a"),
        ("a  b", "a ␣ b"),
        ("", ""),
    ],
)
def test_character_tokenizer(text, words):
    doc = CharacterTokenizer(spacy.blank("xx").vocab)(text)
    assert doc.text == text
    assert [token.text.replace(" ", "␣") for token in doc] == words.split()


@pytest.mark.parametrize("lang,n_tokens", [("ja", 5), ("de", 1), ("sw", 1), ("th", 5)])
def test_blank_pipeline(lang, n_tokens):
    # Swahili is unknown to spaCy, Japanese and Thai need a segmenter
    assert len(blank_pipeline(lang)("名前は何だ" if n_tokens == 5 else "abc")) == n_tokens


@pytest.mark.parametrize(
    "text,lang",
    [
        ("He said , ( loudly ) : no !|He said, (loudly): no!", "en"),
        ('The " big " one .|The "big" one.', "en"),
        ("Il dit : « non » , hein ?|Il dit : « non », hein ?", "fr"),
        ("¿ Qué es esto ? ¡ Sí !|¿Qué es esto? ¡Sí!", "es"),
        ("Das „ neue “ Rad|Das „neue“ Rad", "de"),
        ("The “ new ” one|The “new” one", "en"),
        ("वह आया ।|वह आया।", "hi"),
        ("東京 は 都 。|東京は都。", "ja"),
        ("5 % of 3 - 4|5% of 3 - 4", "en"),
    ],
)
def test_spaces_between(text, lang):
    source, wanted = text.split("|")
    words = source.split()
    spaces = spaces_between(words, lang)
    joined = "".join(w + " " * s for w, s in zip(words, spaces, strict=True))
    assert joined == wanted
    assert spaces[-1] is False


def test_spaces_from_text():
    assert spaces_from_text(["I", "'m", "in", "U.", "S."], "I'm  in U. S.") == [
        False,
        True,
        True,
        True,
        False,
    ]
    assert spaces_from_text(["de", "o"], "do") is None
    assert spaces_from_text(["a"], "a b") is None
    assert spaces_from_text([], "") == []


@pytest.mark.parametrize(
    "text,tokens",
    [
        ("a b", [(0, 1), (2, 3)]),
        ("a  b", [(0, 1), (3, 4)]),
        (" a\n", [(1, 2)]),
        ("a\tb ", [(0, 1), (2, 3)]),
        ("ab", [(0, 1), (1, 2)]),
        ("  ", []),
        ("", []),
    ],
)
def test_words_and_spaces(text, tokens):
    words, spaces = words_and_spaces(text, tokens)
    doc = Doc(spacy.blank("xx").vocab, words=words, spaces=spaces)
    assert doc.text == text
    kept = [(token.idx, token.idx + len(token)) for token in doc if not token.is_space]
    assert kept == tokens


@pytest.mark.parametrize(
    "tokens", [[(0, 1)], [(0, 2), (1, 3)], [(2, 3), (0, 1)], [(0, 1), (2, 9)], [(1, 0), (2, 3)]]
)
def test_words_and_spaces_wrong(tokens):
    with pytest.raises(ValueError):
        words_and_spaces("a b", tokens)
