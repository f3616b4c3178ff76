"""Messages of the Wikipedia reader, datasets and pretraining: 7xx."""


class Errors:
    """Exceptions."""


class Warnings:
    """Warnings."""
