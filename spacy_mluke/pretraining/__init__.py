"""From a Wikipedia dump to a trained encoder: reader, dataset, pretraining."""
