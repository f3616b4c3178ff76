"""The factories of all components, for `nlp.add_pipe` and configs.

spaCy imports this module whenever a pipeline is made, with or without our components. So it
imports neither torch nor transformers; the components are imported when one is made.
"""

from typing import TYPE_CHECKING, Any, Callable, Dict, List, Optional

from spacy.language import Language
from thinc.api import Config, Model

if TYPE_CHECKING:
    from .pipeline.mluke import MLuke
    from .pipeline.mluke_linker import MLukeLinker
    from .pipeline.mluke_ner import MLukeNER
    from .pipeline.mluke_relations import MLukeRelations

MLUKE_CONFIG = """
[mluke]
retain = "entities"
max_batch_items = 4096
mentions_key = null

[mluke.model]
@architectures = "spacy-mluke.MLuke.v1"

[mluke.model.span_getter]
@misc = "spacy-mluke.doc_ents.v1"
"""

NER_CONFIG = """
[mluke_ner]
output = "ents"
spans_key = "sc"
threshold = 0.0
overwrite_ents = false
keep_vectors = "ents"
learn_partial = true

[mluke_ner.model]
@architectures = "spacy-mluke.SpanClassifier.v1"

[mluke_ner.model.tok2vec]
@architectures = "spacy-mluke.SpanListener.v1"
features = ["start", "end", "entity"]
grad_factor = 1.0
upstream = "*"

[mluke_ner.model.scorer]
@layers = "Linear.v1"

[mluke_ner.scorer]
@scorers = "spacy-mluke.ner_scorer.v1"
"""

RELATIONS_CONFIG = """
[mluke_relations]
threshold = 0.0
multi_label = false
types = null

[mluke_relations.pair_getter]
@misc = "spacy-mluke.entity_pairs.v1"
max_distance = 100
same_sentence = false

[mluke_relations.model]
@architectures = "spacy-mluke.PairClassifier.v1"

[mluke_relations.model.tok2vec]
@architectures = "spacy-mluke.SpanListener.v1"
features = ["start", "end", "entity"]
grad_factor = 1.0
upstream = "*"

[mluke_relations.model.scorer]
@layers = "Linear.v1"

[mluke_relations.scorer]
@scorers = "spacy-mluke.relation_scorer.v1"
"""

LINKER_CONFIG = """
[mluke_linker]
spans_key = null
mode = "local"
max_passes = 8
threshold = 0.0
overwrite = true

[mluke_linker.candidates]
@misc = "spacy-mluke.linker_aliases.v1"
path = null
max_candidates = 30
min_link_probability = 0.0
lang = null

[mluke_linker.model]
@architectures = "spacy-mluke.EntityLinker.v1"
prior_weight = 1.0

[mluke_linker.model.tok2vec]
@architectures = "spacy-mluke.SpanListener.v1"
features = ["entity"]
grad_factor = 1.0
upstream = "*"

[mluke_linker.scorer]
@scorers = "spacy-mluke.linker_scorer.v1"
"""


@Language.factory(
    "mluke",
    assigns=["doc._.mluke", "span._.mluke"],
    default_config=Config().from_str(MLUKE_CONFIG)["mluke"],
)
def make_mluke(
    nlp: Language,
    name: str,
    model: Model[Any, Any],
    retain: str,
    max_batch_items: int,
    mentions_key: Optional[str],
) -> "MLuke":
    """Make the encoder component. See `spacy_mluke.pipeline.mluke.MLuke` for the arguments."""
    from .pipeline.mluke import MLuke

    return MLuke(
        nlp.vocab,
        model,
        name,
        retain=retain,
        max_batch_items=max_batch_items,
        mentions_key=mentions_key,
    )


@Language.factory(
    "mluke_ner",
    requires=["doc._.mluke"],
    assigns=["doc.ents", "token.ent_iob", "token.ent_type"],
    default_config=Config().from_str(NER_CONFIG)["mluke_ner"],
    default_score_weights={"ents_f": 1.0, "ents_p": 0.0, "ents_r": 0.0, "ents_per_type": None},
)
def make_mluke_ner(
    nlp: Language,
    name: str,
    model: Model[Any, Any],
    output: str,
    spans_key: str,
    threshold: float,
    overwrite_ents: bool,
    keep_vectors: str,
    learn_partial: bool,
    scorer: Optional[Callable],
) -> "MLukeNER":
    """Make the NER component. See `spacy_mluke.pipeline.mluke_ner.MLukeNER` for the arguments."""
    from .pipeline.mluke_ner import MLukeNER

    return MLukeNER(
        nlp.vocab,
        model,
        name,
        output=output,
        spans_key=spans_key,
        threshold=threshold,
        overwrite_ents=overwrite_ents,
        keep_vectors=keep_vectors,
        learn_partial=learn_partial,
        scorer=scorer,
    )


@Language.factory(
    "mluke_relations",
    requires=["doc.ents"],
    assigns=["doc._.relations"],
    default_config=Config().from_str(RELATIONS_CONFIG)["mluke_relations"],
    default_score_weights={
        "rel_micro_f": 1.0,
        "rel_micro_p": 0.0,
        "rel_micro_r": 0.0,
        "rel_macro_p": 0.0,
        "rel_macro_r": 0.0,
        "rel_macro_f": 0.0,
        "rel_relx_f": 0.0,
        "rel_per_type": None,
    },
)
def make_mluke_relations(
    nlp: Language,
    name: str,
    model: Model[Any, Any],
    pair_getter: Callable,
    threshold: float,
    multi_label: bool,
    types: Optional[Dict[str, List[List[str]]]],
    scorer: Optional[Callable],
) -> "MLukeRelations":
    """Make the relation component.

    See `spacy_mluke.pipeline.mluke_relations.MLukeRelations` for the arguments.
    """
    from .pipeline.mluke_relations import MLukeRelations

    return MLukeRelations(
        nlp.vocab,
        model,
        name,
        pair_getter=pair_getter,
        threshold=threshold,
        multi_label=multi_label,
        types=types,
        scorer=scorer,
    )


@Language.factory(
    "mluke_linker",
    requires=["doc.ents"],
    assigns=["token.ent_kb_id"],
    default_config=Config().from_str(LINKER_CONFIG)["mluke_linker"],
    default_score_weights={
        "links_micro_f": 1.0,
        "links_micro_p": 0.0,
        "links_micro_r": 0.0,
        "links_per_lang": None,
    },
)
def make_mluke_linker(
    nlp: Language,
    name: str,
    model: Model[Any, Any],
    candidates: Any,
    spans_key: Optional[str],
    mode: str,
    max_passes: int,
    threshold: float,
    overwrite: bool,
    scorer: Optional[Callable],
) -> "MLukeLinker":
    """Make the entity linker. See `spacy_mluke.pipeline.mluke_linker.MLukeLinker`."""
    from .pipeline.mluke_linker import MLukeLinker

    return MLukeLinker(
        nlp.vocab,
        model,
        name,
        candidates=candidates,
        spans_key=spans_key,
        mode=mode,
        max_passes=max_passes,
        threshold=threshold,
        overwrite=overwrite,
        scorer=scorer,
    )
