"""What lies beneath the bench: maps, the rules of measurement, and LPIPS. Computed when opened."""

import io
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from html import escape
from typing import Any

import gradio as gr

from sr_demo.comparison import Comparison, upscale
from sr_demo.degradation import degrade
from sr_demo.figures import maps
from sr_demo.formatting import format_change, format_psnr, format_ssim
from sr_demo.images import load_image
from sr_demo.metrics import lpips as perceptual
from sr_demo.metrics import protocol
from sr_demo.storage import CheckpointError
from sr_demo.ui.lab.sweeps import Sweep, Sweeps
from sr_demo.ui.session import Shown

Seen = Callable[[gr.Request], Shown]  # raises gr.Error where there is nothing to measure
MEASURE = "Measure"
NOT_YET = "<p>Nothing is downloaded yet: press the button again to do what it says now.</p>"
QUIET: dict[str, Any] = {"api_visibility": "private", "show_progress": "minimal"}


MAPS = {  # kind: label, figure, note
    "error": (
        "Error",
        maps.error_figure,
        "Brighter is further from the original. Sharp edges are hard for all; SRGAN also errs "
        "where it paints texture.",
    ),
    "ssim": (
        "Local SSIM",
        maps.ssim_figure,
        "White is alike in a neighbourhood of 11 × 11 pixels.",
    ),
    "spectrum": (
        "Spectrum",
        maps.spectrum_figure,
        "Networks trained on pixels alone lose the high frequencies, for they average over what "
        "might have been; the adversarial one brings them back.",
    ),
}


class MapsCard:
    """Error, local SSIM or power spectrum of every method, as one figure."""

    def __init__(self, seen: Seen):
        self.seen = seen
        with gr.Accordion("Maps: errors and lost detail", open=False, elem_id="maps") as card:
            choices = [(label, kind) for kind, (label, *_) in MAPS.items()]
            kind = gr.Radio(choices, value="error", show_label=False, container=False)
            figure = gr.Image(
                format="png", type="filepath", interactive=False, show_label=False,
                container=False, buttons=["download", "fullscreen"], elem_classes="figure",
            )  # fmt: skip
            note = gr.HTML("", apply_default_css=False)
        self.parts = [card, figure, note]
        gr.on([card.expand, kind.input], self.draw, kind, [figure, note], **QUIET)

    def closed(self) -> list[Any]:
        """Closed and empty."""
        return [gr.Accordion(open=False), None, ""]

    def draw(self, kind: str, request: gr.Request) -> tuple[str | None, str]:
        """The figure's file, and a line about it; no file for a picture that is too small."""
        shown = self.seen(request)
        _, make, note = MAPS[kind]
        buffer = io.BytesIO()
        try:
            make(shown.comparison).savefig(buffer, format="png")
        except ValueError as error:  # too small
            return None, f"<p>{escape(str(error))}.</p>"
        path = shown.job.files.keep_file(f"{shown.job.stem}_{kind}.png", buffer.getvalue())
        return path, f"<p>{note}</p>"


class ProtocolCard:
    """PSNR and SSIM of every method under rules that one chooses, beside the page's own."""

    def __init__(self, seen: Seen, sweeps: Sweeps):
        self.seen, self.sweeps = seen, sweeps
        labels = {
            "colour": "Colour", "border": "Left out on each side", "window": "Window of SSIM",
            "reduction": "Small picture made by",
        }  # fmt: skip
        with gr.Accordion("Protocol: why papers disagree about PSNR", open=False,
                          elem_id="protocol") as card:  # fmt: skip
            gr.HTML("<p>The first choice of each is this page’s; it is what most tables of "
                    "super-resolution follow.</p>", apply_default_css=False)  # fmt: skip
            with gr.Row():
                radios = [
                    gr.Radio([(text, key) for key, text in choices.items()],
                             value=next(iter(choices)), label=labels[name], min_width=220)
                    for name, choices in protocol.CHOICES.items()
                ]  # fmt: skip
            table = gr.HTML("", apply_default_css=False, elem_classes="figure")
        self.parts = [card, table]
        changes = [card.expand, *(radio.input for radio in radios)]
        shown = gr.on(changes, self.measure, radios, table, trigger_mode="always_last", **QUIET)
        shown.then(self.restore, radios, table, concurrency_id="network", concurrency_limit=1,
                   **QUIET | {"show_progress": "hidden"})  # fmt: skip

    def closed(self) -> list[Any]:
        """Closed and empty."""
        return [gr.Accordion(open=False), ""]

    def measure(
        self, colour: str, border: str, window: str, reduction: str, request: gr.Request
    ) -> str:
        """The table under the chosen rules, with dots for what is not restored yet."""
        shown = self.seen(request)
        rules = protocol.Protocol(colour, border, window, reduction)
        return _protocol_table(shown.comparison, rules, self.sweeps.of(shown))

    def restore(
        self, colour: str, border: str, window: str, reduction: str, request: gr.Request
    ) -> Iterator[Any]:
        """Let the methods work on the other small picture, if they have not yet."""
        shown = self.seen(request)
        comparison, sweep = shown.comparison, self.sweeps.of(shown)
        rules = protocol.Protocol(colour, border, window, reduction)
        yield gr.skip()  # a generator that yields nothing would empty its output
        for name in _still_to_restore(comparison, sweep) if reduction == "plain" else []:
            _restore_plain(shown, sweep, name)
            yield _protocol_table(comparison, rules, sweep)


def _still_to_restore(comparison: Comparison, sweep: Sweep) -> list[str]:
    own = (result.method for result in comparison.results if not result.added)
    return [name for name in own if name not in sweep.plain]


def _restore_plain(shown: Shown, sweep: Sweep, name: str) -> None:
    comparison = shown.comparison
    plain = partial(protocol.degrade, reduction="plain")
    small = degrade(comparison.sharp, comparison.scale, comparison.degradation, plain)
    try:
        image = upscale(small, name, comparison.scale)
    except CheckpointError as error:
        raise gr.Error(str(error), print_exception=False) from error
    sweep.plain[name] = shown.job.files.keep_png(f"{shown.job.stem}_{name}-plain", image)


def _protocol_table(comparison: Comparison, rules: protocol.Protocol, sweep: Sweep) -> str:
    rows = []
    for result in comparison.results:
        if result.added and rules.reduction == "plain":
            continue  # its program is not here to restore the other small picture
        image, path = result.image, sweep.plain.get(result.method)
        if rules.reduction == "plain" and path:
            image = load_image(path).pixels
        default = protocol.measure(comparison.sharp, result.image, comparison.scale)
        cells = [format_psnr(default[0]), format_ssim(default[1])]
        if rules.reduction == "plain" and not path:
            cells += ["…"] * 4
        elif rules != protocol.DEFAULT:
            chosen = protocol.measure(comparison.sharp, image, comparison.scale, rules)
            cells += [
                format_psnr(chosen[0]), format_change(chosen[0], default[0], 2),
                format_ssim(chosen[1]), format_change(chosen[1], default[1], 4),
            ]  # fmt: skip
        rows.append((result.label, cells))
    head = ["PSNR ↑, here", "SSIM ↑, here"]
    if rules != protocol.DEFAULT:
        head += ["PSNR ↑, chosen", "change", "SSIM ↑, chosen", "change"]
    caption = "The same pictures, other rules" if len(head) > 2 else "The page’s rules"
    if how := comparison.degradation.words:
        caption = f"{caption}; small picture with {how}"
    return _table(caption, head, rows)


class DistanceCard:
    """LPIPS, whose network is downloaded only by a click that says so."""

    def __init__(self, seen: Seen):
        self.seen = seen
        with gr.Accordion("LPIPS: closeness by the features of a network", open=False,
                          elem_id="lpips") as card:  # fmt: skip
            gr.HTML(
                f"<p>LPIPS ({perceptual.BACKBONE}) compares what a network for recognising photos "
                "sees in two pictures. It looks further than pixels, yet still compares with the "
                "original: a measure of distortion, not of naturalness.</p>",
                apply_default_css=False,
            )
            with gr.Row():
                button = gr.Button(MEASURE, size="sm", scale=0, min_width=280)
            table = gr.HTML("", apply_default_css=False, elem_classes="figure")
        self.parts = [card, button, table]
        card.expand(self.offer, None, button, queue=False, **QUIET)
        button.click(self.measure, button, [button, table], **QUIET)

    def closed(self) -> list[Any]:
        """Closed and empty."""
        return [gr.Accordion(open=False), gr.skip(), ""]

    def offer(self) -> gr.Button:
        """The button, which names the download where one is needed."""
        return gr.Button(_offer())

    def measure(self, label: str, request: gr.Request) -> Iterator[tuple[Any, str]]:
        """LPIPS of every method, after the download where the button has said that it is needed."""
        comparison = self.seen(request).comparison
        if _offer() not in (label, MEASURE):
            yield gr.Button(_offer()), NOT_YET
            return
        yield gr.Button(interactive=False), "<p>Measuring …</p>"
        rows = []
        try:
            perceptual.download()
            for result in comparison.results:
                value = perceptual.lpips(comparison.sharp, result.image)
                rows.append((result.label, [format_ssim(value)]))
        except perceptual.PerceptualError as error:
            yield gr.Button(_offer(), interactive=True), f"<p>{escape(str(error))}</p>"
            return
        table = _table("Distance to the original", [f"LPIPS ({perceptual.BACKBONE}) ↓"], rows)
        yield gr.Button(_offer(), interactive=True), table


def _offer() -> str:
    try:
        if perceptual.weights_file().is_file():
            return MEASURE
        size = f"{perceptual.megabytes():.0f} MB"
    except perceptual.PerceptualError:
        return MEASURE
    return f"Download {perceptual.BACKBONE} ({size}) and measure"


def _table(caption: str, head: Sequence[str], rows: Sequence[tuple[str, Sequence[str]]]) -> str:
    titles = "".join(f'<th scope="col">{escape(title)}</th>' for title in head)
    body = "".join(
        f'<tr><th scope="row">{escape(label)}</th>'
        + "".join(f"<td>{escape(cell)}</td>" for cell in cells)
        + "</tr>"
        for label, cells in rows
    )
    return (
        f'<div class="scores"><table><caption>{escape(caption)}</caption>'
        f'<thead><tr><th scope="col">Method</th>{titles}</tr></thead><tbody>{body}</tbody></table>'
        "</div>"
    )
