"""Pipelines on their way in and out: published fine-tunes, smaller weights, the hub, dry runs."""
