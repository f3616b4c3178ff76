"""mLUKE for spaCy: an entity vector for every span, named entities and relations, in 24 languages."""

__version__ = "0.1.0"
