"""Training data: formats and converters, readers, scorers."""
