import pytest

from spacy_mluke.entities.paragraphs import Paragraph
from spacy_mluke.pretraining.dataset import DatasetSettings, build_shards
from spacy_mluke.pretraining.instances import Limits
from spacy_mluke.pretraining.shards import Shard
from spacy_mluke.report import Report
from spacy_mluke.text.pieces import PieceEncoder
from tests.pretraining.corpus import KEYS, NAMES, Keys, make_dataset, make_pieces, paragraphs


def _texts(shard, encoder):
    """What the mentions of a shard say, by key of their entity."""
    found = {}
    for index in range(len(shard)):
        instance = shard[index]
        for row, (start, end) in zip(instance.entities, instance.ranges.tolist(), strict=True):
            ids = [int(piece) - 1 for piece in instance.pieces[start:end]]
            found.setdefault(KEYS[row], set()).add(encoder._processor.decode(ids).strip())
    return found


def test_mentions_stand_on_their_names(tmp_path):
    reports = make_dataset(tmp_path)
    encoder = PieceEncoder.from_file(tmp_path / "sentencepiece.bpe.model")
    for lang, names in NAMES.items():
        shard = Shard(tmp_path / "train" / lang)
        assert _texts(shard, encoder) == {f"Q{i + 1}": {name} for i, name in enumerate(names)}
        held_out = Shard(tmp_path / "held_out" / lang)
        assert 0 < len(held_out) < len(shard)
        assert shard.metadata["entities"] + held_out.metadata["entities"] == 80
        assert reports[lang].kept["links"] == 80 and not reports[lang].lost


def test_pages_are_held_out_whole(tmp_path):
    make_dataset(tmp_path / "a")
    make_dataset(tmp_path / "b", held_out=0.0)
    assert not (tmp_path / "b" / "held_out").exists()
    parts = [Shard(tmp_path / "a" / part / "de") for part in ("train", "held_out")]
    assert sum(len(shard.pieces) for shard in parts) == len(Shard(tmp_path / "b/train/de").pieces)


def test_what_is_lost_is_counted(tmp_path):
    report = Report()
    texts = [
        Paragraph("Adal", [(0, 4, "Q1")]),
        Paragraph("Adal liegt bei Nirgends und Brunna.", [(0, 4, "Q1"), (15, 23, "de:X")]),
    ]
    build_shards(
        texts,
        tmp_path,
        lang="de",
        pieces=PieceEncoder(make_pieces()),
        vocabulary=Keys(),
        settings=DatasetSettings(Limits(min_sentence=8)),
        report=report,
        progress=False,
    )
    assert report.lost == {
        "links to entities outside the table": 1,
        "sentences too short": 1,
        "links in sentences left out": 1,
    }
    assert report.kept["links"] == 1


@pytest.mark.parametrize("cut", ["tokens", "links"])
def test_same_input_same_files(tmp_path, cut):
    for name in ("a", "b"):
        build_shards(
            paragraphs("ja"),
            tmp_path / name,
            lang="ja",
            pieces=PieceEncoder(make_pieces()),
            vocabulary=Keys(),
            settings=DatasetSettings(Limits(max_pieces=20), cut),
            report=Report(),
            progress=False,
        )
    first, second = (
        (tmp_path / name / "train" / "ja" / "metadata.json").read_text() for name in "ab"
    )
    assert first == second
