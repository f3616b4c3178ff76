"""A local web page that shows what a pipeline finds in a text."""
