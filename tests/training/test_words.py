import pytest
import spacy
from spacy.tokens import Doc

from spacy_mluke.training.words import (
    blank_pipeline,
    spaces_between,
    spaces_from_text,
    words_and_spaces,
)


@pytest.mark.parametrize(
    "lang,text,words",
    [
        ("xx", "東京はITの塔 (2階)", "東 京 は IT の 塔 ( 2 階 )"),
        ("xx", "I cannot.", "I cannot ."),
        ("en", "I cannot.", "I can not ."),
    ],
)
def test_blank_pipeline(lang, text, words):
    assert [token.text for token in blank_pipeline(lang)(text)] == words.split()


def test_blank_pipeline_of_no_language():
    with pytest.raises(ValueError, match="M537.*'qqq'"):
        blank_pipeline("qqq")


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
