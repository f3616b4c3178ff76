"""Where sentences end, by the rules of ICU for the language."""

from typing import List

from icu4py.breakers import SentenceBreaker

# Languages for which ICU has lists of abbreviations that do not end a sentence.
_WITH_ABBREVIATIONS = frozenset(("de", "en", "es", "fr", "it", "pt", "ru"))


class SentenceSplitter:
    """Divides text into sentences. ICU's rules are general where it has none for the language.

    lang (str): Language code.
    """

    def __init__(self, lang: str) -> None:
        self.lang = lang
        self._locale = f"{lang}@ss=standard" if lang in _WITH_ABBREVIATIONS else lang

    def ends(self, text: str) -> List[int]:
        """RETURNS (List[int]): The end of each sentence in characters, spaces after it included."""
        ends, end = [], 0
        for sentence in SentenceBreaker(text, self._locale):
            end += len(sentence)
            ends.append(end)
        return ends
