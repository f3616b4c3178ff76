"""Installation of spacy_mluke. Every name that spaCy can look up stands in ENTRY_POINTS."""

from pathlib import Path

from setuptools import find_packages, setup

# Group -> {registered name: where the registered function is}. spaCy imports the `spacy_factories`
# modules whenever a pipeline is made, all others only when their name is asked for.
# tests/test_entry_points.py holds this table against what the package registers.
ENTRY_POINTS = {
    "spacy_factories": {
        "mluke": "spacy_mluke.factories:make_mluke",
        "mluke_linker": "spacy_mluke.factories:make_mluke_linker",
        "mluke_ner": "spacy_mluke.factories:make_mluke_ner",
        "mluke_relations": "spacy_mluke.factories:make_mluke_relations",
    },
    "spacy_architectures": {
        "spacy-mluke.EntityLinker.v1": "spacy_mluke.layers.linker:EntityLinker",
        "spacy-mluke.MLuke.v1": "spacy_mluke.layers.encoder:MLuke",
        "spacy-mluke.MarkerPairClassifier.v1": (
            "spacy_mluke.layers.marker_classifier:MarkerPairClassifier"
        ),
        "spacy-mluke.PairClassifier.v1": "spacy_mluke.layers.pair_classifier:PairClassifier",
        "spacy-mluke.SpanClassifier.v1": "spacy_mluke.layers.span_classifier:SpanClassifier",
        "spacy-mluke.SpanListener.v1": "spacy_mluke.layers.listeners:SpanListener",
        "spacy-mluke.SpanStates.v1": "spacy_mluke.layers.own:SpanStates",
        "spacy-mluke.WordListener.v1": "spacy_mluke.layers.listeners:WordListener",
        "spacy-mluke.WordStates.v1": "spacy_mluke.layers.own:WordStates",
    },
    "spacy_callbacks": {
        "spacy-mluke.character_tokens.v1": "spacy_mluke.text.tokenizer:make_character_tokens",
    },
    "spacy_misc": {
        "spacy-mluke.AliasCandidates.v1": "spacy_mluke.entities.candidates:make_alias_candidates",
        "spacy-mluke.AliasCandidatesBatch.v1": (
            "spacy_mluke.entities.candidates:make_alias_candidates_batch"
        ),
        "spacy-mluke.detect_mentions.v1": "spacy_mluke.entities.candidates:make_detect_mentions",
        "spacy-mluke.doc_ents.v1": "spacy_mluke.text.span_getters:make_doc_ents",
        "spacy-mluke.entity_pairs.v1": "spacy_mluke.text.pairs:make_entity_pairs",
        "spacy-mluke.from_suggester.v1": "spacy_mluke.text.span_getters:make_from_suggester",
        "spacy-mluke.linker_aliases.v1": (
            "spacy_mluke.entities.linker_candidates:make_linker_aliases"
        ),
        "spacy-mluke.linker_kb.v1": "spacy_mluke.entities.linker_candidates:make_linker_kb",
        "spacy-mluke.linker_table.v1": "spacy_mluke.entities.linker_candidates:make_linker_table",
        "spacy-mluke.ngrams.v1": "spacy_mluke.text.span_getters:make_ngrams",
        "spacy-mluke.no_spans.v1": "spacy_mluke.text.span_getters:make_no_spans",
        "spacy-mluke.noun_chunks.v1": "spacy_mluke.text.span_getters:make_noun_chunks",
        "spacy-mluke.sentence_ngrams.v1": "spacy_mluke.text.span_getters:make_sentence_ngrams",
        "spacy-mluke.span_group.v1": "spacy_mluke.text.span_getters:make_span_group",
        "spacy-mluke.union.v1": "spacy_mluke.text.span_getters:make_union",
    },
    "spacy_readers": {
        "spacy-mluke.MixedCorpus.v1": "spacy_mluke.training.mixed_corpus:make_mixed_corpus",
        "spacy-mluke.RelationCorpus.v1": "spacy_mluke.training.readers:make_relation_corpus",
    },
    "spacy_scorers": {
        "spacy-mluke.by_language.v1": (
            "spacy_mluke.training.language_scores:make_language_scorer"
        ),
        "spacy-mluke.linker_scorer.v1": (
            "spacy_mluke.training.linker_scorer:make_linker_scorer"
        ),
        "spacy-mluke.ner_scorer.v1": "spacy_mluke.training.scorer:make_ner_scorer",
        "spacy-mluke.relation_scorer.v1": "spacy_mluke.training.scorer:make_relation_scorer",
    },
    "spacy_cli": {
        "mluke": "spacy_mluke.cli:app",
    },
}

REQUIREMENTS = [
    "spacy>=3.8.0,<4",
    "thinc>=8.3.0,<9",
    "torch>=2.4,<3",
    "numpy>=1.26,<3",
    "sentencepiece>=0.2.3,<0.3",
    "safetensors>=0.4.3,<1",
    "huggingface-hub>=0.24,<2",
    "marisa-trie>=1.2,<2",
]

EXTRAS = {
    # Listeners of spacy-transformers, conversion, and the comparison with the reference encoder.
    "transformers": ["transformers>=4.45,<5", "spacy-transformers>=1.3.8,<2"],
    # From a Wikipedia dump to an encoder: wikitext, sentences by ICU rules, the warm start,
    # many processes, plots.
    "pretraining": [
        "accelerate>=1.0,<2",
        "filelock>=3.12,<4",
        "gensim>=4.3.3,<5",
        "icu4py>=1.0,<2",
        "matplotlib>=3.8,<4",
        "mwparserfromhell>=0.6.6,<1",
    ],
    "ray": ["ray[data]>=2.30,<3"],
    "cuda12x": ["cupy-cuda12x>=13"],
    "viz": ["matplotlib>=3.8,<4"],
    # `make docs`; the service that docs/serving.md shows is tested by its client.
    "docs": [
        "fastapi>=0.115",
        'httpx2>=2; python_version >= "3.11"',
        'httpx>=0.27; python_version < "3.11"',
        "myst-parser>=4.0,<6",
        "sphinx>=8.1,<10",
    ],
    "dev": [
        "build>=1.0",
        "hypothesis>=6.100",
        "mypy>=1.11",
        "pytest>=8.0",
        "pytest-cov>=5.0",
        "pytest-xdist>=3.5",
        "ruff>=0.6",
        "selenium>=4.20,<5",
    ],
}

setup(
    name="spacy-mluke",
    version="0.1.0",
    description="Multilingual LUKE in spaCy: entity vectors, named entities, links, relations",
    long_description=(Path(__file__).parent / "README.md").read_text(encoding="utf8"),
    long_description_content_type="text/markdown",
    license="MIT",
    license_files=["LICENSE"],
    packages=find_packages(include=["spacy_mluke", "spacy_mluke.*"]),
    package_data={"spacy_mluke": ["py.typed"], "spacy_mluke.serve": ["static/*"]},
    python_requires=">=3.10,<3.14",
    install_requires=REQUIREMENTS,
    extras_require=EXTRAS,
    entry_points={
        group: [f"{name} = {target}" for name, target in names.items()]
        for group, names in ENTRY_POINTS.items()
    },
    zip_safe=False,
    classifiers=[
        "Development Status :: 3 - Alpha",
        "Intended Audience :: Developers",
        "Intended Audience :: Science/Research",
        "Operating System :: OS Independent",
        "Programming Language :: Python :: 3",
        "Programming Language :: Python :: 3.10",
        "Programming Language :: Python :: 3.11",
        "Programming Language :: Python :: 3.12",
        "Programming Language :: Python :: 3.13",
        "Topic :: Scientific/Engineering :: Artificial Intelligence",
        "Topic :: Text Processing :: Linguistic",
    ],
)
