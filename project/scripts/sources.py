"""What xx_mluke_tiny was made of, and under which licences: for its meta and its card."""

from typing import Dict, List

from card import DATA

# Weights made of texts under CC BY-SA are shared under the same; 3.0 allows the later version.
LICENSE = "CC BY-SA 4.0"

_GITHUB = "https://github.com/"

# Named entities, by language. Those of WikiNEuRal are only tested on and are no source.
ENTITIES: Dict[str, Dict[str, str]] = {
    "bn": {
        "name": "Bengali-NER",
        "url": f"{_GITHUB}Rifat1493/Bengali-NER",
        "license": "MIT",
    },
    "en": {
        "name": "UNER English-EWT",
        "url": f"{_GITHUB}UniversalNER/UNER_English-EWT",
        "license": "CC BY-SA 4.0",
    },
    "hi": {
        "name": "HiNER",
        "url": f"{_GITHUB}cfiltnlp/HiNER",
        "license": "CC BY-SA 4.0",
    },
    "ja": {
        "name": "Stockmark NER dataset of Japanese Wikipedia",
        "url": f"{_GITHUB}stockmarkteam/ner-wikipedia-dataset",
        "license": "CC BY-SA 3.0",
    },
    "pt": {
        "name": "UNER Portuguese-Bosque",
        "url": f"{_GITHUB}UniversalNER/UNER_Portuguese-Bosque",
        "license": "CC BY-SA 4.0",
    },
    "sv": {
        "name": "UNER Swedish-Talbanken",
        "url": f"{_GITHUB}UniversalNER/UNER_Swedish-Talbanken",
        "license": "CC BY-SA 4.0",
    },
    "th": {
        "name": "Thai NER 1.3",
        "url": f"{_GITHUB}wannaphong/thai-ner",
        "license": "CC BY 3.0",
    },
    "zh": {
        "name": "UNER Chinese-GSD",
        "url": f"{_GITHUB}UniversalNER/UNER_Chinese-GSD",
        "license": "CC BY-SA 4.0",
    },
}

# Relations and links were found with them in the texts of the encoder.
KNOWLEDGE: List[Dict[str, str]] = [
    {
        "name": "Natural Earth",
        "url": "https://www.naturalearthdata.com",
        "license": "public domain",
    },
    {
        "name": "Names of Wikidata items",
        "url": "https://www.wikidata.org",
        "license": "CC0",
    },
]


def sources(languages: List[str]) -> List[Dict[str, str]]:
    """The sources of a pipeline, in the form of spaCy's meta.

    languages (List[str]): The languages whose named entities it was trained on.
    RETURNS (List[Dict[str, str]]): "name", "url" and "license" of each.
    RAISES (KeyError): If the corpus of a language is not known here.
    """
    entities = [ENTITIES[lang] for lang in languages]
    texts = [
        {"name": name, "url": _address(where), "license": licence} for name, licence, where in DATA
    ]
    return [*entities, *KNOWLEDGE, *texts]


def _address(where: str) -> str:
    first = where.split(", ")[0]
    if first.startswith("PyPI "):
        return f"https://pypi.org/project/{first.split()[1]}"
    return f"https://{first}"
