"""From Docs to arrays: pieces, windows and spans. Imports no torch."""
