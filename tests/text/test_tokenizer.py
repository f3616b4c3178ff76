"""Tokens of characters where words are not set apart, plain "xx" everywhere else."""

import time
from pathlib import Path

import pytest
import spacy
from markup import read_folder

from spacy_mluke.text.tokenizer import add_character_tokens

DEMO_DATA = Path(__file__).parents[2] / "project" / "demo_data"

LATIN = [
    "Angela Merkel (CDU) didn't visit New York-based Siemens AG, e.g. in 1987...",
    'He said: "It costs $3,000!" at https://example.com/a?b=c, didn\'t he?',
    "Анна Ахматова родилась в Одессе, а жила в Санкт-Петербурге.",
    "وُلد نجيب محفوظ في القاهرة، وعاش فيها.",
    "नारायण मूर्ति ने इन्फोसिस की स्थापना की।",
    "  two  spaces\tand a\nline ",
]

CUT = {
    "大谷翔平はソニーの": list("大谷翔平はソニーの"),
    "1987年 삼성전자는 Sony製": ["1987", "年", "삼", "성", "전", "자", "는", "Sony", "製"],
    "Sony日本Sony": ["Sony", "日", "本", "Sony"],
    "東京(Tokyo)の": ["東", "京", "(", "Tokyo", ")", "の"],
    "東京((Tokyo))の": ["東", "京", "(", "(", "Tokyo", ")", ")", "の"],
    "これはspacy.ioです": ["こ", "れ", "は", "spacy.io", "で", "す"],
    "a日,b-本": ["a", "日", ",", "b", "-", "本"],
    "กรุงเทพ": ["ก", "รุ", "ง", "เ", "ท", "พ"],
    "か\u3099き": ["か\u3099", "き"],
    "\u1112\u1161\u11ab\u1100\u116e\u11a8": ["\u1112\u1161\u11ab", "\u1100\u116e\u11a8"],
    "葛\U000e0100城": ["葛\U000e0100", "城"],
    "𠮷野家": ["𠮷", "野", "家"],
}


@pytest.fixture(scope="module")
def nlp(tmp_path_factory):
    """A blank pipeline that has been saved and loaded: the patterns come from its own files."""
    path = tmp_path_factory.mktemp("nlp")
    blank = spacy.blank("xx")
    add_character_tokens(blank)
    blank.to_disk(path)
    return spacy.load(path)


@pytest.mark.parametrize("text", CUT)
def test_characters_become_tokens(nlp, text):
    assert [token.text for token in nlp.make_doc(text)] == CUT[text]


@pytest.mark.parametrize("text", LATIN)
def test_other_scripts_are_tokenised_as_before(nlp, text):
    tokens = [(token.text, token.whitespace_) for token in nlp.make_doc(text)]
    assert tokens == [(token.text, token.whitespace_) for token in spacy.blank("xx")(text)]


def test_no_mention_is_cut_and_text_stays(nlp):
    for records in read_folder(DEMO_DATA).values():
        for record in records:
            doc = nlp.make_doc(record.text)
            assert doc.text == record.text
            for start, end, label in record.ents:
                assert doc.char_span(start, end, label=label) is not None, record.text[start:end]


def test_saved_tokenizer_equals_the_one_in_memory(nlp):
    blank = spacy.blank("xx")
    add_character_tokens(blank)
    copy = spacy.blank("xx").from_bytes(blank.to_bytes())
    for text in [*CUT, *LATIN]:
        tokens = [token.text for token in blank.make_doc(text)]
        assert tokens == [token.text for token in nlp.make_doc(text)]
        assert tokens == [token.text for token in copy.make_doc(text)]


def test_runs_before_initialize_and_only_once():
    nlp = spacy.blank("xx")
    nlp.config["initialize"]["before_init"] = {"@callbacks": "spacy-mluke.character_tokens.v1"}
    nlp.initialize()
    pattern = nlp.tokenizer.infix_finditer.__self__.pattern
    add_character_tokens(nlp)
    assert nlp.tokenizer.infix_finditer.__self__.pattern == pattern
    assert [token.text for token in nlp("東京へ")] == ["東", "京", "へ"]


def test_long_text_without_spaces_takes_linear_time(nlp):
    text = "東京都は日本の首都である" * 5000
    begin = time.perf_counter()
    assert len(nlp.tokenizer(text)) == len(text)
    assert time.perf_counter() - begin < 5


def test_foreign_tokenizer_is_refused():
    nlp = spacy.blank("zh")
    with pytest.raises(ValueError, match="M113.*ChineseTokenizer"):
        add_character_tokens(nlp)
