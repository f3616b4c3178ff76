"""mLUKE for spaCy: entity vectors for spans, named entities and relations, in 24 languages."""

__version__ = "0.1.0"
