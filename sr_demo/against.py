"""Before and after training: the same network with two sets of weights, on the same pictures."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from statistics import fmean

import numpy as np
from scipy.ndimage import uniform_filter

from sr_demo import benchmark
from sr_demo.benchmark import Row
from sr_demo.boxes import Box
from sr_demo.comparison import Comparison, Result
from sr_demo.images import luma
from sr_demo.inference.engine import Engine
from sr_demo.metrics.scores import score

BEFORE, AFTER = "before", "after"
LABELS = {BEFORE: "Before", AFTER: "After"}
BETTER = {  # of benchmark.SCORES: which way is better
    "psnr": 1, "ssim": 1, "lr_psnr": 1, "niqe": -1, "mesh": -1, "spectrum_distance": -1,
    "colour_shift": -1,
}  # fmt: skip
TITLES = {
    "psnr": "PSNR (dB)", "ssim": "SSIM", "lr_psnr": "LR-PSNR (dB)", "niqe": "NIQE", "mesh": "Mesh",
    "spectrum_distance": "Spectrum distance", "colour_shift": "Colour shift",
}  # fmt: skip
CROP = 96  # pixels a side, of what is shown of a regression
WORST = 3  # pictures that are named


@dataclass(frozen=True)
class Pair:
    """One picture's scores before and after."""

    image: str
    before: Row
    after: Row

    @property
    def gain(self) -> float:
        """How many dB of PSNR the picture has gained; negative is a regression."""
        return _difference(self.before.scores.psnr, self.after.scores.psnr) or 0.0


@dataclass(frozen=True)
class Change:
    """One score over all pictures, before and after.

    Attributes:
        before: the mean, None where no picture has it; infinite where one's is.
        after: the same.
        better: pictures that changed for the better.
        worse: for the worse.
        p: of Wilcoxon's signed-rank test, two-sided: how likely differences at least so one-sided
            are if nothing has changed; None with fewer than two pictures or no difference at all.
    """

    score: str
    before: float | None
    after: float | None
    better: int
    worse: int
    same: int
    p: float | None


def restored(
    original: np.ndarray,
    lr: np.ndarray,
    engines: tuple[Engine, Engine],
    progress: Callable[[float], None] | None = None,
) -> Comparison:
    """One picture by both networks, as the results BEFORE and AFTER of a comparison.

    Args:
        original: uint8 (H·scale, W·scale, 3).
        lr: uint8 (H, W, 3).
        engines: of before and of after.
        progress: called between tiles with the finished fraction of one of the two; may raise.
    """
    scale, results = engines[0].network.scale, []
    for label, engine in zip((BEFORE, AFTER), engines, strict=True):
        image = engine.restore(lr, progress)
        scores = score(image, original=original, lr=lr, scale=scale)
        count = sum(p.numel() for p in engine.network.parameters())
        results.append(Result(label, image, 0.0, count, scores))
    return Comparison(scale, "y", lr, original, None, tuple(results))


def measured(name: str, comparison: Comparison) -> Pair:
    """The scores of what `restored` made."""
    before, after, _ = (replace(row, seconds=None) for row in benchmark.rows_of(name, comparison))
    return Pair(name, before, after)


def changes(pairs: Sequence[Pair]) -> list[Change]:
    """Each score that some picture has, over all of them."""
    found = []
    for name, way in BETTER.items():
        both = [(pair.before.values()[name], pair.after.values()[name]) for pair in pairs]
        known = [(a, b) for a, b in both if a is not None and b is not None]
        if not known:
            continue
        gains = np.array([way * (_difference(a, b) or 0.0) for a, b in known])
        before, after = (fmean(values) for values in zip(*known, strict=True))
        found.append(Change(
            name, before, after, int((gains > 0).sum()), int((gains < 0).sum()),
            int((gains == 0).sum()), _wilcoxon(gains),
        ))  # fmt: skip
    return found


def regressions(pairs: Sequence[Pair]) -> list[Pair]:
    """The pictures that lost most PSNR, at most three, the worst first."""
    lost = [pair for pair in pairs if pair.gain < 0]
    return sorted(lost, key=lambda pair: pair.gain)[:WORST]


def worst_box(comparison: Comparison) -> Box:
    """Where in a picture the result of after is most further from the original than before's."""
    exact = luma(comparison.sharp)
    errors = [(luma(comparison.result(label).image) - exact) ** 2 for label in (BEFORE, AFTER)]
    height, width = exact.shape
    side = min(CROP, height, width)
    grown = uniform_filter(errors[1] - errors[0], side)
    rows, columns = (slice(side // 2, side // 2 + n - side + 1) for n in (height, width))
    inside = grown[rows, columns]
    top, left = np.unravel_index(inside.argmax(), inside.shape)
    return Box(int(left), int(top), side, side)


def as_json(pairs: Sequence[Pair]) -> dict[str, object]:
    """Plain values for `json.dumps`: the changes by score, and the worst regressions in dB."""
    return {
        "scores": {
            change.score: {k: _finite(v) for k, v in vars(change).items() if k != "score"}
            for change in changes(pairs)
        },
        "regressions": {pair.image: _finite(pair.gain) for pair in regressions(pairs)},
    }


def rows(pairs: Sequence[Pair], method: str) -> list[Row]:
    """Every picture's scores before and after, as rows of methods "srgan before", "srgan after"."""
    return [
        replace(row, method=f"{method} {row.method}")
        for pair in pairs for row in (pair.before, pair.after)
    ]  # fmt: skip


def _difference(before: float | None, after: float | None) -> float | None:
    if before is None or after is None:
        return None
    return 0.0 if before == after else after - before  # so are two infinite ones


def _wilcoxon(gains: np.ndarray) -> float | None:
    finite = np.clip(gains, -1e6, 1e6)  # an infinite PSNR ranks last
    if len(finite) < 2 or not finite.any():
        return None
    from scipy.stats import wilcoxon  # half a second to load

    return float(wilcoxon(finite).pvalue)


def _finite(value: object) -> object:
    return None if isinstance(value, float) and not np.isfinite(value) else value
