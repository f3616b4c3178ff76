"""Texts in many scripts, to see whether a pipeline works at all."""

from dataclasses import dataclass
from typing import List


@dataclass(frozen=True)
class Text:
    """A text that names two places.

    lang (str): Its language.
    script (str): ISO 15924 code of its script.
    text (str): The text.
    items (List[str]): Wikidata items of the places.
    """

    lang: str
    script: str
    text: str
    items: List[str]


TEXTS = [
    Text("en", "Latn", "Tokyo is the capital of Japan.", ["Q1490", "Q17"]),
    Text("de", "Latn", "Berlin ist die Hauptstadt von Deutschland.", ["Q64", "Q183"]),
    Text("sw", "Latn", "Nairobi ni mji mkuu wa Kenya.", ["Q3870", "Q114"]),
    Text("vi", "Latn", "Hà Nội là thủ đô của Việt Nam.", ["Q1858", "Q881"]),
    Text("ru", "Cyrl", "Москва — столица России.", ["Q649", "Q159"]),
    Text("el", "Grek", "Η Αθήνα είναι η πρωτεύουσα της Ελλάδας.", ["Q1524", "Q41"]),
    Text("ar", "Arab", "القاهرة هي عاصمة مصر.", ["Q85", "Q79"]),
    Text("hi", "Deva", "नई दिल्ली भारत की राजधानी है।", ["Q987", "Q668"]),
    Text("bn", "Beng", "ঢাকা বাংলাদেশের রাজধানী।", ["Q1354", "Q902"]),
    Text("te", "Telu", "హైదరాబాదు తెలంగాణ రాజధాని.", ["Q1361", "Q677037"]),
    Text("th", "Thai", "กรุงเทพมหานครเป็นเมืองหลวงของประเทศไทย", ["Q1861", "Q869"]),
    Text("ko", "Hang", "서울은 대한민국의 수도이다.", ["Q8684", "Q884"]),
    Text("ja", "Jpan", "東京は日本の首都である。", ["Q1490", "Q17"]),
    Text("zh", "Hans", "北京是中华人民共和国的首都。", ["Q956", "Q148"]),
]
