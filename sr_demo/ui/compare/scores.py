"""The table of scores."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape

from sr_demo.comparison import Comparison, Result
from sr_demo.formatting import format_count, format_niqe, format_psnr, format_seconds, format_ssim
from sr_demo.inference.runnable import operations
from sr_demo.ui.guide.why import why


@dataclass(frozen=True)
class Column:
    """One column of the table."""

    title: str
    value: Callable[[Result], float | None]
    text: Callable[[float | None], str]
    better: Callable[..., float] | None = None  # max or min: which value is printed bold
    lesson: str = ""  # that explains it, by its key


NOTE = (
    "LR-PSNR: reduced again, how close to the input. NIQE: how natural by itself, by photo "
    "statistics of our own, so it ranks like published NIQE but is not equal to it. Operations: "
    "multiplications for each pixel made; the time depends on this machine and its load, too."
)
REFERENCE = (
    Column("PSNR ↑", lambda r: r.scores.psnr, format_psnr, max, "equal"),
    Column("SSIM ↑", lambda r: r.scores.ssim, format_ssim, max, "equal"),
)
ALWAYS = (
    Column("LR-PSNR ↑", lambda r: r.scores.lr_psnr,
           format_psnr, max, "many"),
    Column("NIQE ↓", lambda r: r.scores.niqe, format_niqe, min, "equal"),
    Column("Time", lambda r: r.seconds, format_seconds),
    Column("Parameters", lambda r: r.parameters, format_count),
)  # fmt: skip


def columns(comparison: Comparison) -> tuple[Column, ...]:
    """Without an original there is nothing to measure PSNR or SSIM against: no such column."""
    work = Column(
        "Operations / px",
        lambda r: None if r.added else operations(r.method, comparison.scale), format_count,
        lesson="subpixel",
    )  # fmt: skip
    shown = (*ALWAYS, work)
    return shown if comparison.original is None else REFERENCE + shown


def table(comparison: Comparison, labels: Mapping[str, str]) -> str:
    """HTML: a row for each method, dots while it is not done; the best of each column in bold.

    Args:
        labels: method → what it is called.
    """
    shown = columns(comparison)
    head = "".join(f'<th scope="col">{_title(column)}</th>' for column in shown)
    done = {result.method: result for result in comparison.results}
    rows = "".join(
        f'<tr><th scope="row">{escape(label)}</th>'
        + "".join(f"<td>{_cell(column, done.get(name), comparison)}</td>" for column in shown)
        + "</tr>"
        for name, label in labels.items()
    )
    return (
        f'<div class="scores" tabindex="0" role="region" aria-label="Scores"><table>'
        f"<caption>Scores <span>{_caption(comparison)}</span></caption>"
        f'<thead><tr><th scope="col">Method</th>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table><p>{NOTE}</p></div>"
    )


def _title(column: Column) -> str:
    name = column.title.rstrip(" ↑↓")
    return f"{column.title} {why(name, column.lesson)}" if column.lesson else column.title


def _caption(comparison: Comparison) -> str:
    if comparison.original is None:
        return "No original, so no PSNR or SSIM"
    colour = "luma (Y)" if comparison.color_space == "y" else "RGB"
    damage = f", small picture with {how}" if (how := comparison.degradation.words) else ""
    return f"whole picture, {colour}, {comparison.scale} px border left out{damage}"


def _cell(column: Column, result: Result | None, comparison: Comparison) -> str:
    if result is None:
        return "…"
    value = column.value(result)
    text = escape(column.text(value))
    if column.better is None or value is None or len(comparison.results) < 2:
        return text
    values = [v for v in map(column.value, comparison.results) if v is not None]
    return f"<b>{text}</b>" if value == column.better(values) else text
