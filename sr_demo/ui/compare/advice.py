"""What to do with a small picture that is not as clean as the methods expect."""

from sr_demo.inference.runnable import available
from sr_demo.methods import METHODS, SCALES
from sr_demo.ui.session import Job

REPAIRS = "real_srgan"  # trained on such pictures


def advice(job: Job) -> str:
    """One sentence; "" for a clean picture, or one that is reduced here."""
    if not job.traces:
        return ""
    label = METHODS[REPAIRS].label
    scales = [scale for scale in SCALES if REPAIRS in available(scale)]
    if REPAIRS in job.methods:
        hint = f"{label} repairs that and stands first; the others enlarge it, too."
    elif job.scale in scales:
        hint = f"tick {label}, which repairs that; the others enlarge it, too."
    else:
        hint = "these methods expect a clean reduction and enlarge that, too."
        if scales:
            hint = f"{hint[:-1]}; {label} repairs it, at ×{scales[-1]}."
    return f"The picture shows {' and '.join(job.traces)}: {hint}"


def in_order(job: Job) -> list[str]:
    """The methods as their panes stand: first the one that is advised."""
    first = [name for name in job.methods if job.traces and name == REPAIRS]
    return [*first, *(name for name in job.methods if name not in first)]
