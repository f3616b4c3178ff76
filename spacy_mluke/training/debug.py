"""A report before training of what will be lost, by language: `python -m spacy mluke debug`.

It reads the corpora of a training config as `spacy train` does and holds them against the settings
of the components: which entities do not fall on tokens, are longer than what the encoder proposes
or than its windows, which relations no pair getter gives, which labels and languages only the
development set has. Nothing is trained but, for an encoder from scratch, the vocabulary of pieces.
"""

import sys
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any, Callable, Dict, Iterator, List, Optional, Sequence, Tuple

from spacy.language import Language
from spacy.training import Example
from thinc.api import Config
from tqdm import tqdm  # type: ignore[import-untyped]

from ..errors import Errors
from ..language import get_language
from ..report import Report
from .debug_counts import (
    EncoderCheck,
    LanguageCounts,
    aligned_spans,
    bare,
    count_relations,
    count_texts,
    spans_of,
)
from .debug_findings import Finding, find_problems
from .debug_pipeline import Setup, encoder_windows, piece_encoder, set_up
from .mixed_corpus import MixedCorpus

_BATCH = 128


@dataclass
class Split:
    """What one of the corpora holds.

    languages (Dict[str, LanguageCounts]): Language -> numbers.
    report (Optional[Report]): What the reader has changed and lost.
    mixture (Dict[str, Dict[str, float]]): What an epoch of a `MixedCorpus` has of each corpus.
    """

    languages: Dict[str, LanguageCounts] = field(default_factory=dict)
    report: Optional[Report] = None
    mixture: Dict[str, Dict[str, float]] = field(default_factory=dict)

    def to_dict(self) -> Dict[str, Any]:
        """RETURNS (Dict[str, Any]): All numbers as JSON values."""
        return {
            "languages": {lang: counts.to_dict() for lang, counts in self.languages.items()},
            "reader": None if self.report is None else self.report.to_dict(),
            "mixture": self.mixture,
        }


@dataclass
class DebugReport:
    """What `debug_config` finds.

    splits (Dict[str, Split]): "train" and "dev".
    vocabularies (Dict[str, str]): Component -> where its pieces are from.
    findings (List[Finding]): What to know before training, the worst first.
    """

    splits: Dict[str, Split]
    vocabularies: Dict[str, str]
    findings: List[Finding]

    def to_dict(self) -> Dict[str, Any]:
        """RETURNS (Dict[str, Any]): The report as JSON values."""
        return {
            "splits": {name: split.to_dict() for name, split in self.splits.items()},
            "vocabularies": self.vocabularies,
            "findings": [finding._asdict() for finding in self.findings],
        }


def debug_config(config: Config, *, progress: bool = True) -> DebugReport:
    """Hold the corpora of a training config against its components.

    config (Config): The config, with `[paths]` filled, not interpolated.
    progress (bool): Show progress bars.
    RETURNS (DebugReport): What was found.
    RAISES (ValueError): If a corpus can't be read, or is empty.
    """
    setup = set_up(config)
    nlp = setup.nlp
    splits = {name: Split() for name in setup.corpora}
    examples, epochs = {}, {}
    for name, corpus in setup.corpora.items():
        examples[name], epochs[name] = _read(corpus, nlp, splits[name])
        if not examples[name]:
            raise ValueError(Errors.M550.format(path=f"corpora of {name}"))
    # as `initialize` reads them: what an epoch repeats counts more
    texts = [eg.reference.text for eg in epochs["train"]]
    checks, vocabularies = _encoder_checks(setup, texts)
    for name, found in examples.items():
        bar = tqdm(
            total=len(found),
            desc=name,
            unit=" docs",
            file=sys.stderr,
            disable=None if progress else True,
        )
        for lang, batch in _batches(found):
            counts = splits[name].languages.setdefault(lang, LanguageCounts())
            _count(setup, checks, counts, batch)
            bar.update(len(batch))
        bar.close()
    findings = find_problems(setup, examples, {n: split.languages for n, split in splits.items()})
    for name, split in splits.items():
        findings.extend(_lost_in_reading(name, split))
    return DebugReport(splits, vocabularies, sorted(findings, key=Finding.order))


def _read(corpus: Callable, nlp: Language, split: Split) -> Tuple[List[Example], List[Example]]:
    """Each example once, and an epoch, which may have it more often."""
    if isinstance(corpus, MixedCorpus):
        groups = corpus.read(nlp)
        examples = [eg for group in groups.values() for eg in group]
        epoch = corpus.epoch(groups, 0)
        split.mixture = corpus.mixture
    else:
        examples = epoch = list(corpus(nlp))
    report = getattr(corpus, "report", None)
    split.report = report if isinstance(report, Report) else None
    return examples, epoch


def _batches(examples: Sequence[Example]) -> Iterator[Tuple[str, List[Example]]]:
    groups: Dict[str, List[Example]] = defaultdict(list)
    for example in examples:
        groups[get_language(example.reference)].append(example)
    for lang, members in sorted(groups.items()):
        for start in range(0, len(members), _BATCH):
            yield lang, members[start : start + _BATCH]


def _encoder_checks(
    setup: Setup, texts: List[str]
) -> Tuple[Dict[str, EncoderCheck], Dict[str, str]]:
    checks, vocabularies = {}, {}
    for name, layer in setup.encoders.items():
        initialize = setup.initialize.get(name, {})
        encoder, vocabularies[name] = piece_encoder(layer, initialize, texts)
        windows = encoder_windows(layer, initialize)
        checks[name] = EncoderCheck(
            layer.attrs["settings"], layer.attrs["get_spans"], encoder, windows
        )
    return checks, vocabularies


def _count(
    setup: Setup,
    checks: Dict[str, EncoderCheck],
    counts: LanguageCounts,
    examples: List[Example],
) -> None:
    keys = [pipe.key for pipe in setup.ner.values()]
    count_texts(counts, examples, keys[0] if keys else None)
    docs = [bare(eg.predicted) for eg in examples]
    for name, check in checks.items():
        counts.add(name, check.texts(docs))
    for name, pipe in setup.ner.items():
        gold = [aligned_spans(eg, spans_of(eg.reference, pipe.key)) for eg in examples]
        check = checks[setup.encoder_of(name)]
        counts.add(name, check.mentions(docs, gold, propose=True))
    for name, relations in setup.relations.items():
        counts.add(name, count_relations(relations, examples))
        gold = [aligned_spans(eg, eg.reference.ents) for eg in examples]
        check = checks[setup.encoder_of(name)]
        counts.add(name, check.mentions(docs, gold, propose=False))


def _lost_in_reading(name: str, split: Split) -> Iterator[Finding]:
    if split.report is not None and split.report.lost:
        reasons = [f"{number} x {reason}" for reason, number in split.report.lost.most_common()]
        yield Finding("warn", f"{name}: the reader lost {'; '.join(reasons)}")
