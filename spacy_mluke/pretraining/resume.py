"""The folder of an extraction, and what is done in it."""

import gzip
import json
import shutil
from pathlib import Path
from typing import Any, Dict, Iterable, Optional

import numpy as np
import srsly

from ..errors import Errors
from ..files import atomic_path
from ..report import Report
from .blocks import save_targets
from .scan import Scan
from .siteinfo import SiteInfo


class WorkFolder:
    """Results of an extraction, and in a hidden folder what is needed to go on with it.

    Each file appears when it is complete, in this order: first the files of the first pass and
    `scan.json`; then for each part its counts and its paragraphs; `metadata.json` at the end.

    folder (Path): The folder.
    identity (Dict[str, Any]): Dump and settings that the results depend on.
    """

    def __init__(self, folder: Path, identity: Dict[str, Any]) -> None:
        self.folder, self.identity = folder, identity
        self.work = folder / ".work"
        self.targets = self.work / "targets.marisa"
        self._scan = self.work / "scan.json"
        self._metadata = folder / "metadata.json"
        # What a killed run was writing
        for path in (*folder.glob(".*.part"), *self.work.glob(".*.part")):
            path.unlink()
        for path in (self._metadata, self._scan):
            if path.is_file():
                self._check(srsly.read_json(path)["settings"])

    def _check(self, other: Dict[str, Any]) -> None:
        different = [
            f"{name} was {other.get(name)!r} and is {value!r}"
            for name, value in self.identity.items()
            if other.get(name) != value
        ]
        if different:
            raise ValueError(
                Errors.M706.format(path=self.folder, difference=", ".join(different))
            )

    def finished(self) -> Optional[Report]:
        """RETURNS (Optional[Report]): The counts, if all is done."""
        if not self._metadata.is_file():
            return None
        shutil.rmtree(self.work, ignore_errors=True)
        return Report.from_dict(srsly.read_json(self._metadata)["counts"])

    def save_scan(
        self, scan: Scan, parts: np.ndarray, sha256: str, siteinfo: SiteInfo, report: Report
    ) -> None:
        """Write what the first pass has found.

        scan (Scan): Its result.
        parts (np.ndarray): For each page of the dump the part it belongs to, -1 for none.
        sha256 (str): Checksum of the dump.
        siteinfo (SiteInfo): The wiki.
        report (Report): Its counts.
        """
        self.work.mkdir(exist_ok=True)
        pages = (
            f"{title}\t{number}\t{int(title in scan.disambiguations)}\n"
            for title, number in scan.articles
        )
        redirects = (f"{title}\t{target}\n" for title, target in scan.redirects.items())
        write_lines(self.folder / "pages.tsv.gz", pages)
        write_lines(self.folder / "redirects.tsv.gz", redirects)
        with atomic_path(self.targets) as path:
            save_targets(scan, path)
        with atomic_path(self.work / "parts.npy") as path, path.open("wb") as file:
            np.save(file, parts)
        found = {"sha256": sha256, "lang": siteinfo.lang, "dbname": siteinfo.dbname}
        self._write_json(
            self._scan, {"settings": self.identity, "dump": found, "counts": report.to_dict()}
        )

    def scanned(self) -> bool:
        """RETURNS (bool): Whether the first pass is done."""
        return self._scan.is_file()

    def parts(self) -> np.ndarray:
        """RETURNS (np.ndarray): For each page of the dump the part it belongs to, -1 for none."""
        return np.load(self.work / "parts.npy", allow_pickle=False)

    def is_done(self, part: int) -> bool:
        """RETURNS (bool): Whether a part is complete."""
        return self._part(part).is_file() and self._counts(part).is_file()

    def write_part(self, part: int, blocks: Iterable[Any]) -> None:
        """Write a part.

        part (int): Its number.
        blocks (Iterable[Block]): Its members, and their counts.
        """
        report = Report()
        with atomic_path(self._part(part)) as path:
            with path.open("wb") as file:
                for content, counts in blocks:
                    file.write(content)
                    report.merge(counts)
            # The counts first: a part without them would be written again.
            self._write_json(self._counts(part), report.to_dict())

    def finish(self, n_parts: int) -> Report:
        """Write the metadata when all parts are there.

        n_parts (int): How many these are.
        RETURNS (Report): All counts.
        """
        scan = srsly.read_json(self._scan)
        report = Report.from_dict(scan["counts"])
        for part in range(n_parts):
            report.merge(Report.from_dict(srsly.read_json(self._counts(part))))
        metadata = {
            "format": "spacy_mluke paragraphs",
            "version": 1,
            "lang": scan["dump"]["lang"],
            "dump": {**scan["dump"], "name": self.identity["dump"]},
            "settings": self.identity,
            "parts": n_parts,
            "counts": report.to_dict(),
        }
        self._write_json(self._metadata, metadata)
        shutil.rmtree(self.work)
        return report

    def _part(self, part: int) -> Path:
        return self.folder / f"paragraphs-{part:05}.jsonl.gz"

    def _counts(self, part: int) -> Path:
        return self.work / f"counts-{part:05}.json"

    @staticmethod
    def _write_json(path: Path, content: Dict[str, Any]) -> None:
        with atomic_path(path) as part:
            part.write_text(
                json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf8"
            )


def write_lines(path: Path, lines: Iterable[str]) -> None:
    """Write a packed text that does not depend on the time and the file's name.

    path (Path): The file.
    lines (Iterable[str]): Its lines, with line ends.
    """
    with atomic_path(path) as part, part.open("wb") as raw:
        with gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0) as file:
            for line in lines:
                file.write(line.encode("utf8"))
