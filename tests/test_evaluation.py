"""The protocol coco-dense: what a perfect detector gets, and agreement with pycocotools."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path

import numpy as np
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from deepscores_tools.errors import InputError
from deepscores_tools.symbols import Box, Page, Symbol
from omr.evaluation.average_precision import best_threshold
from omr.evaluation.class_pairs import ClassPairs
from omr.evaluation.coco_dense import IOUS, SIZES, evaluate
from omr.evaluation.reliability import reliability


def page(name: str, symbols: list[Symbol]) -> Page:
    return Page(name=name, width=1000, height=1000, symbols=symbols)


def random_pages(
    seed: int, pages: int, symbols: int, classes: int
) -> tuple[list[Page], list[Page]]:
    """Truth, and detections that are jittered, doubled, misnamed and dropped at random."""
    rng = np.random.default_rng(seed)
    truth, detections = [], []
    for number in range(pages):
        true, found = [], []
        for _ in range(symbols):
            x, y = rng.uniform(0, 900, 2)
            w, h = np.exp(rng.uniform(np.log(4), np.log(160), 2))
            name = f"class{rng.integers(classes) ** 2 // classes:03}"
            true.append(Symbol(name=name, box=Box(x, y, x + w, y + h)))
            for _ in range(rng.integers(0, 4)):
                dx, dy = rng.normal(0, 0.15, 2) * (w, h)
                box = Box(x + dx, y + dy, x + dx + w * rng.uniform(0.7, 1.4), y + dy + h)
                other = name if rng.random() < 0.9 else f"class{rng.integers(classes):03}"
                found.append(Symbol(name=other, box=box, score=round(rng.random(), 2)))
        truth.append(page(f"p{number}.png", true))
        detections.append(page(f"p{number}.png", found))
    return truth, detections


def with_scores(pages: list[Page], score: float = 1.0) -> list[Page]:
    return [
        page(p.name, [Symbol(name=s.name, box=s.box, score=score) for s in p.symbols])
        for p in pages
    ]


def by_pycocotools(truth: list[Page], detections: list[Page]) -> dict[str, float]:
    names = sorted({s.name for p in truth + detections for s in p.symbols})
    data: list[list[dict[str, object]]] = []
    for pages in (truth, detections):
        rows: list[dict[str, object]] = []
        for number, p in enumerate(pages, 1):
            for s in p.symbols:
                size = {"area": s.box.width * s.box.height, "iscrowd": 0, "id": len(rows) + 1}
                box = [s.box.x0, s.box.y0, s.box.width, s.box.height]
                rows.append({"image_id": number, "category_id": names.index(s.name) + 1,
                             "bbox": box, "score": s.score, **size})  # fmt: skip
        data.append(rows)
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO()
        coco.dataset = {
            "images": [{"id": i} for i in range(1, len(truth) + 1)],
            "categories": [{"id": i} for i in range(1, len(names) + 1)],
            "annotations": data[0],
        }
        coco.createIndex()
        run = COCOeval(coco, coco.loadRes(data[1]), "bbox")
        run.params.maxDets = [10**6]
        run.params.iouThrs = np.array(IOUS)
        run.evaluate()
        run.accumulate()
    precision = run.eval["precision"][..., 0]  # threshold, recall, class, size
    mean = {"all": precision[1:, :, :, 0], "ap50": precision[1, :, :, 0],
            "ap25": precision[0, :, :, 0]}  # fmt: skip
    mean |= {size: precision[1:, :, :, i] for i, size in enumerate(SIZES, 1)}
    mean |= {name: precision[1:, :, i, 0] for i, name in enumerate(names)}
    return {key: float(v[v > -1].mean()) if (v > -1).any() else -1 for key, v in mean.items()}


@pytest.mark.parametrize("seed", range(6))
def test_agrees_with_pycocotools(seed: int) -> None:
    truth, detections = random_pages(seed, pages=4, symbols=60, classes=8)
    report, reference = evaluate(truth, detections), by_pycocotools(truth, detections)
    summary = report.summary()
    assert summary.map == pytest.approx(reference["all"], abs=1e-6)
    assert summary.ap50 == pytest.approx(reference["ap50"], abs=1e-6)
    assert summary.ap25 == pytest.approx(reference["ap25"], abs=1e-6)
    for result in report.classes:
        assert result.ap == pytest.approx(reference[result.name], abs=1e-6)
    for size in report.sizes:
        assert size.ap == pytest.approx(reference[size.name], abs=1e-6)


def test_a_perfect_detector_gets_one_everywhere() -> None:
    truth, _ = random_pages(3, pages=2, symbols=700, classes=5)  # beyond any usual cap
    report = evaluate(truth, with_scores(truth))
    summary = report.summary()
    assert summary.map == summary.ap50 == summary.weighted_map == summary.ap25 == 1.0
    assert report.counts.f1 == 1.0
    assert all(p.ap == 1.0 for p in report.pages)
    assert all(s.ap == 1.0 for s in report.sizes)


def test_a_class_that_is_never_found_counts_as_zero() -> None:
    truth = [page("a.png", [Symbol(name=n, box=Box(9 * i, 0, 9 * i + 5, 5))
                            for i, n in enumerate("xxxy")])]  # fmt: skip
    found = with_scores([page("a.png", [s for s in truth[0].symbols if s.name == "x"])])
    summary = evaluate(truth, found).summary()
    assert summary.map == 0.5
    assert summary.weighted_map == 0.75


def test_thresholds_act_on_precision_and_recall_but_not_on_ap() -> None:
    box, elsewhere = Box(0, 0, 9, 9), Box(50, 50, 60, 60)
    truth = [page("a.png", [Symbol(name="x", box=box)])]
    found = [page("a.png", [Symbol(name="x", box=box, score=0.9),
                            Symbol(name="x", box=elsewhere, score=0.2)])]  # fmt: skip
    free, cut = evaluate(truth, found), evaluate(truth, found, thresholds={"x": 0.5})
    assert free.map == cut.map == pytest.approx(1.0)
    assert (free.counts.precision, cut.counts.precision) == (0.5, 1.0)
    assert cut.classes[0].best_threshold == 0.9


def test_what_is_taken_for_what_is_told_from_misses_and_false_alarms() -> None:
    left, right, far = Box(0, 0, 9, 9), Box(50, 0, 60, 9), Box(200, 0, 209, 9)
    true = (("sharp", left), ("key", left), ("flat", right), ("flat", far))
    truth = [page("a.png", [Symbol(name=name, box=box) for name, box in true])]
    found = [page("a.png", [Symbol(name="key", box=left, score=0.9),
                            Symbol(name="sharp", box=left, score=0.8),
                            Symbol(name="natural", box=right, score=0.7),
                            Symbol(name="flat", box=far, score=0.1),
                            Symbol(name="flat", box=Box(90, 90, 99, 99), score=0.6)])]  # fmt: skip
    report = evaluate(truth, found, thresholds=0.5)
    assert report.confusions == (("flat", "natural", 1),)
    rows = {(m.truth, m.detection, m.score) for m in report.worst}
    assert rows == {("flat", "natural", 0.7), (None, "flat", 0.6), ("flat", None, 0.1)}
    assert (report.counts.right, report.counts.wrong, report.counts.missed) == (2, 2, 2)


def test_merged_classes_keep_the_thresholds_that_they_were_detected_with() -> None:
    truth = [page("a.png", [Symbol(name="head", box=Box(0, 0, 9, 9))])]
    names = ("small", "large")
    found = [page("a.png", [Symbol(name=n, box=Box(50 * i, 50, 50 * i + 9, 59), score=0.4)
                            for i, n in enumerate(names)])]  # fmt: skip
    merged = ClassPairs(tuple(("head", name) for name in names))
    report = evaluate(truth, found, class_pairs=merged, thresholds={"small": 0.3, "large": 0.5})
    assert (report.counts.wrong, report.counts.missed) == (1, 1)


def test_the_worst_misses_are_those_least_seen() -> None:
    boxes = [Box(20 * i, 0, 20 * i + i + 5, 9) for i in range(12)]
    truth = [page("a.png", [Symbol(name="x", box=box) for box in boxes])]
    seen = [Symbol(name="x", box=box, score=0.01 * i) for i, box in enumerate(boxes) if i % 2]
    report = evaluate(truth, [page("a.png", seen)], thresholds=0.5)
    told = [(m.box.x0 / 20, m.score) for m in report.worst]
    assert told == [*((i, 0) for i in (10, 8, 6, 4, 2, 0)), (1, 0.01), (3, 0.03)]


def test_calibration_error_is_the_gap_between_score_and_share_of_right_ones() -> None:
    honest = np.repeat([0.25, 0.75], 400), np.arange(800) % 4 < np.repeat([1, 3], 400)
    assert reliability(*honest).error == pytest.approx(0.0)
    boastful = np.full(10, 0.95), np.arange(10) < 5
    (last,) = [b for b in reliability(*boastful).bins if b.detections]
    assert (last.low, last.right) == (0.9, 0.5)
    assert reliability(*boastful).error == pytest.approx(0.45)
    assert reliability(np.empty(0), np.empty(0, dtype=bool)).error is None


def test_pages_with_neither_symbols_nor_detections_can_be_evaluated() -> None:
    assert evaluate([page("a.png", [])], [page("a.png", [])]).map == 0.0


def test_best_threshold_never_parts_equal_scores() -> None:
    scores, hits = np.array([0.5, 0.5, 0.5, 0.1]), np.array([True, False, False, True])
    assert best_threshold(scores, hits, 2) == (0.1, pytest.approx(4 / 6))


def test_pages_without_partner_are_named() -> None:
    truth, found = [page("a/b.png", [])], [page("a/c.png", [])]
    with pytest.raises(InputError, match="a__b"):
        evaluate(truth, found)
    with pytest.raises(InputError, match="a__c"):
        evaluate(truth, [*truth, *found])


def test_names_without_partner_are_named_where_vocabularies_are_known() -> None:
    truth = [page("a.png", [Symbol(name="stem", box=Box(0, 0, 5, 5))])]
    found = with_scores([page("a.png", [Symbol(name="Stem", box=Box(0, 0, 5, 5))])])
    assert evaluate(truth, found).map == 0.0
    with pytest.raises(InputError, match=r"does not know stem.*--class-map"):
        evaluate(truth, found, detectable_names=["Stem"])
    with pytest.raises(InputError, match="does not know Stem"):
        evaluate(truth, found, known_names=["stem"])
    class_pairs = ClassPairs((("stem", "Stem"),))
    names = {"known_names": ["stem"], "detectable_names": ["Stem"]}
    assert evaluate(truth, found, class_pairs=class_pairs, **names).map == pytest.approx(1.0)
    accepted = ClassPairs((("*", ""), ("", "*")))
    report = evaluate(truth, found, class_pairs=accepted, **names)
    assert report.map == 0.0
    assert (report.counts.wrong, report.counts.missed) == (0, 1)


def test_a_map_may_merge_classes_of_either_side() -> None:
    merge_truth = ClassPairs((("up", "flag"), ("down", "flag")))
    assert merge_truth.of_truth("up") == merge_truth.of_truth("down") == "flag"
    merge_found = ClassPairs((("flag", "up"), ("flag", "down")))
    assert merge_found.of_detection("up") == merge_found.of_detection("down") == "flag"


def test_detections_without_scores_are_refused_and_cut_ones_noticed() -> None:
    truth, _ = random_pages(1, pages=1, symbols=5, classes=1)
    with pytest.raises(InputError, match="swapped"):
        evaluate(truth, truth)
    assert "hardly any score" in evaluate(truth, with_scores(truth, 0.3)).notices[0]


def test_detections_of_classes_that_the_truth_lacks_are_counted_by_class() -> None:
    truth = [page("a", [Symbol(name="stem", box=Box(0, 0, 5, 50))])]
    others = [
        Symbol(name="beam", box=Box(20 * i, 90, 20 * i + 9, 99), score=i / 30) for i in range(30)
    ]
    report = evaluate(truth, [page("a", others)], thresholds=0.5)
    assert report.absent["beam"].wrong == 15
    assert [c.name for c in report.classes] == ["stem"]


def test_a_class_map_s_defect_is_told_by_its_line(tmp_path: Path) -> None:
    file = tmp_path / "map.csv"
    file.write_text("truth_name,detection_name\n\n\nstem,Stem\nbeam\n")
    with pytest.raises(InputError, match="line 5: expected"):
        ClassPairs.from_file(file)
