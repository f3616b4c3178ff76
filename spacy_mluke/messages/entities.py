"""Messages of interwiki, entity vocabulary, aliases and mention detection: 8xx."""


class Errors:
    """Exceptions."""

    M801 = (
        "Line {line} of {path} is no paragraph: {reason}. A line is a JSON object with 'text' and "
        '\'ents\', a list of [start, end, "Q42" or "lang:Title"] in characters.'
    )


class Warnings:
    """Warnings."""
