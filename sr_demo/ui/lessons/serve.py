"""What the lessons' scripts ask Python for.

Every function takes one dictionary from a browser, which may hold anything, and answers with one
that becomes JSON; what goes wrong is said in plain words under "error".
"""

import json
import re
import threading
from collections.abc import Callable, Sequence
from functools import lru_cache, partial, wraps
from pathlib import Path
from typing import Any, NamedTuple

import gradio as gr
import numpy as np
import segno

from sr_demo import lessons
from sr_demo.comparison import upscale
from sr_demo.formatting import format_niqe, format_psnr, format_ssim
from sr_demo.images import luma
from sr_demo.inference.runnable import available
from sr_demo.lessons import blind, equal, features, many, outside, subpixel
from sr_demo.lessons.votes import Votes, checked
from sr_demo.methods import METHODS
from sr_demo.metrics.psnr import psnr
from sr_demo.metrics.scores import naturalness
from sr_demo.metrics.ssim import ssim
from sr_demo.resize import imresize
from sr_demo.ui.asked import plain, whole
from sr_demo.ui.files import file_data, keep_file, keep_png
from sr_demo.ui.lessons.places import SIDE, Place, pane, place
from sr_demo.ui.quota import Quota, client_of

FEATURE_SCALE = 4  # the largest loss, and the only one that SRGAN restores
RECORDED = Path(lessons.__file__).parent / "recorded"

Asked = dict[str, Any]
Answer = dict[str, Any]
Handler = Callable[..., Answer]
Round = tuple[Place, int]  # what a class votes on: a place and the scale

_at_work = threading.Lock()  # a class that opens one link at once is worked for once


def plainly(handler: Handler) -> Handler:
    """The same handler, which answers what goes wrong with an error."""

    @wraps(handler)
    def answer(asked: Any, *special: Any) -> Answer:
        try:
            return handler(asked if isinstance(asked, dict) else {}, *special)
        except Exception as error:
            return {"error": plain(error, "The lesson")}

    return answer


def at_place(handler: Callable[[Place, Asked], Answer], side: int = SIDE) -> Handler:
    """A handler of what is asked for, at the place that is meant; `side` where none is named.

    The answer says which place it was, an error too, so that one can move on from there.
    """

    def answer(asked: Asked) -> Answer:
        where = place(asked, side)
        return {**where.answer(), **plainly(partial(handler, where))(asked)}

    answer.__name__ = handler.__name__  # by which scripts ask for it
    return plainly(answer)


# --- 2: equal PSNR --------------------------------------------------------------------------------


@at_place
def equal_pictures(where: Place, asked: Asked) -> Answer:
    """The original and five damaged copies, with what to reveal about each."""
    with _at_work:
        damaged, niqe = _damaged(where)
    original = where.pixels
    panes = []
    for item in damaged:
        values = {
            "psnr": psnr(original, item.image),
            "ssim": ssim(original, item.image) or 0,
            "niqe": niqe[item.name],
        }
        panes.append(
            pane(item.name, item.label, item.image)
            | {"how": item.how, "values": values, "texts": _texts(values)}
        )
    whole = pane("original", "Original", original)
    return {
        "original": whole | {"text": f"NIQE {format_niqe(niqe['original'])} ↓"},
        "panes": panes,
    }


@lru_cache(maxsize=32)
def _damaged(where: Place) -> tuple[tuple[equal.Damaged, ...], dict[str, float | None]]:
    damaged = equal.gallery(where.photo, where.box)
    pictures = {item.name: item.image for item in damaged} | {"original": where.pixels}
    return damaged, {name: naturalness(image) for name, image in pictures.items()}


def _texts(values: dict[str, Any]) -> dict[str, str]:
    return {
        "psnr": f"PSNR {format_psnr(values['psnr'])} ↑",
        "ssim": f"SSIM {format_ssim(values['ssim'])} ↑",
        "niqe": f"NIQE {format_niqe(values['niqe'])} ↓",
    }


# --- 3: features ----------------------------------------------------------------------------------


class Shown(NamedTuple):
    """One picture of the lesson on features, with its distances from the original."""

    label: str
    image: np.ndarray
    sheet: np.ndarray  # uint8, all energy maps side by side
    pixels: float  # RMSE of luma against the original
    features: float  # distance of the energies


@at_place
def feature_maps(where: Place, asked: Asked) -> Answer:
    """Three pictures, both distances, and a sheet of all energy maps of each."""
    with _at_work:
        peak, found = _features(where)
    panes = []
    for shown in found:
        name = shown.label.lower()
        sheet = file_data(keep_png(f"{name}-energies", shown.sheet))
        numbers = {"sheet": sheet, "pixels": shown.pixels, "features": shown.features}
        panes.append(pane(name, shown.label, shown.image) | numbers)
    return {
        "panes": panes,
        "angles": features.ANGLES,
        "wavelengths": features.WAVELENGTHS,
        "peak": round(peak),
    }


@lru_cache(maxsize=32)
def _features(where: Place) -> tuple[float, list[Shown]]:
    """What energy is white; the original, a network's picture, and a blur as far off in pixels."""
    original = np.ascontiguousarray(where.pixels)
    method = next(m for m in ("srgan", "srresnet", "bicubic") if m in available(FEATURE_SCALE))
    image = upscale(imresize(original, 1 / FEATURE_SCALE), method, FEATURE_SCALE)
    target = psnr(original, image)
    if not np.isfinite(target):
        raise ValueError("This place is flat: there is nothing to lose. Move the box.")
    _, blurred = equal.tuned(original, target, lambda sigma: equal.blur(original, sigma), 30)
    pictures = {"Original": original, "Blur": blurred, METHODS[method].label: image}
    energies = {label: features.energies(picture) for label, picture in pictures.items()}
    peak = max(float(np.percentile(energy, 99.7)) for energy in energies.values())
    return peak, [
        Shown(
            label,
            picture,
            _sheet(energies[label], peak),
            float(np.sqrt(np.square(luma(picture) - luma(original)).mean())),
            features.distance(energies[label], energies["Original"]),
        )
        for label, picture in pictures.items()
    ]


def _sheet(energies: np.ndarray, white: float) -> np.ndarray:
    """(wavelengths, angles, H, W) -> uint8 (H, wavelengths · angles · W)."""
    row = np.concatenate(np.concatenate(energies), axis=1)
    return np.clip(np.rint(row * (255 / white)), 0, 255).astype(np.uint8)


# --- 4: the recorded run --------------------------------------------------------------------------


@plainly
def recorded_run(asked: Asked) -> Answer:
    """The recording of `sr_demo/lessons/recorded`: its numbers, and its strips of pictures."""
    path = RECORDED / "run.json"
    if not path.is_file():
        return {"error": "No training run is recorded here yet."}
    run = json.loads(path.read_text(encoding="utf-8"))
    for scene in run["scenes"]:
        name = f"{scene['name']}.png"
        scene["file"] = file_data(keep_file(name, (RECORDED / name).read_bytes()))
    facts = json.loads((RECORDED / "features.json").read_text(encoding="utf-8"))
    maps = keep_file("features.png", (RECORDED / "features.png").read_bytes())
    return {**run, "features": {**facts, "file": file_data(maps)}}


# --- 5: sub-pixels --------------------------------------------------------------------------------


@partial(at_place, side=72)
def channel_values(where: Place, asked: Asked) -> Answer:
    """Every r with an ESPCN: its channels' grey values, row by row."""
    original = np.ascontiguousarray(where.pixels)
    layers = {}
    for scale in subpixel.SCALES:
        with _at_work:
            values = subpixel.channels(imresize(original, 1 / scale), scale)
        layers[str(scale)] = {"shape": values.shape[1:], "values": values.ravel().tolist()}
    return {"layers": layers}


# --- 6: blind test --------------------------------------------------------------------------------


@at_place
def blind_pictures(where: Place, asked: Asked) -> Answer:
    """The candidates by letter; the names and numbers too, once they are to be revealed."""
    scale = _scale(asked)
    with _at_work:
        found = blind.shuffled(_candidates(where, scale), where.image, where.box, scale)
    panes = []
    for letter, candidate in found.items():
        shown = pane(f"picture-{letter}", f"Picture {letter}", candidate.image) | {"id": letter}
        panes.append(shown | (_revealed(candidate) if asked.get("shown") else {}))
    return {"panes": panes, "scale": scale}


@lru_cache(maxsize=32)
def _candidates(where: Place, scale: int) -> tuple[blind.Candidate, ...]:
    return blind.candidates(np.ascontiguousarray(where.pixels), scale)


def _scale(asked: Asked) -> int:
    scale = whole(asked.get("scale"))
    return scale if scale in blind.SCALES else blind.SCALES[0]


def _revealed(candidate: blind.Candidate) -> Answer:
    scores = candidate.scores
    texts = [f"NIQE {format_niqe(scores.niqe)} ↓"]
    if scores.psnr is not None:
        texts.insert(0, f"PSNR {format_psnr(scores.psnr)} ↑")
    return {"name": candidate.name, "method": candidate.label, "texts": texts}


def class_handlers(votes: Votes[Round]) -> list[Handler]:
    """What a blind test in class asks for, over the votes of this app.

    A class may come from one address, and so may ten teachers, whose pages ask every few seconds.
    """
    starts, changes = Quota(per_minute=0.2, at_once=20), Quota(per_minute=600, at_once=1000)

    @plainly
    def class_start(asked: Asked, request: gr.Request | None = None) -> Answer:
        starts.take(client_of(request))
        code, key = votes.start(_round(asked))
        return {"code": code, "key": key}

    @plainly
    def class_vote(asked: Asked, request: gr.Request | None = None) -> Answer:
        code, voter, letter = _code(asked), _voter(asked), _text(asked.get("pick"))
        if letter not in list(blind.LETTERS):
            raise ValueError("Choose one of the pictures.")
        if not voter:
            raise ValueError("Nobody has given this vote: load the page again.")
        changes.take(client_of(request))
        votes.vote(code, _round(asked), voter, letter)
        return tally(code, voter)

    @plainly
    def class_tally(asked: Asked) -> Answer:
        return tally(_code(asked), _voter(asked))

    @plainly
    def class_lead(asked: Asked, request: gr.Request | None = None) -> Answer:
        code, key, shown = _code(asked), _text(asked.get("key")), asked.get("shown")
        changes.take(client_of(request))
        decided = None if shown is None else bool(shown)
        votes.lead(code, key, _round(asked), shown=decided, reset=bool(asked.get("reset")))
        return tally(code, "")

    def tally(code: str, voter: str) -> Answer:
        found = votes.tally(code, voter)
        answer = {"total": found.total, "votes": found.counts}
        return answer | {"shown": found.shown, "mine": found.mine, "where": _where(found.place)}

    return [class_start, class_vote, class_tally, class_lead, class_picture]


@plainly
def class_picture(asked: Asked) -> Answer:
    """A QR code of the address that a class opens, as an image's address."""
    link = asked.get("link")
    if not isinstance(link, str) or not re.fullmatch(r"https?://[!-~]{1,400}", link):
        raise ValueError("This is no address that a class could open.")
    code = segno.make(link, error="m", micro=False)
    return {"qr": code.svg_data_uri(scale=4, border=2, light="white"), "link": link}


# --- 7: many sharp pictures -----------------------------------------------------------------------


@plainly
def plate_reading(asked: Asked) -> Answer:
    """The small plate, a sharp one with the text that is asked for, and networks' answers."""
    text = (_text(asked.get("text")) or many.TRUTH).upper()
    with _at_work:
        found, machines = many.reading(text), _machines()
    return {
        "text": text,
        "alike": many.ALIKE,
        "truth": many.TRUTH,
        "small": pane("small", "The small picture", many.small()),
        "reading": pane(f"plate-{text}", "Written by you", found.image),
        "machines": [pane(f"plate-{name}", METHODS[name].label, image) for name, image in machines],
        "sentence": f"Reduced by {many.SCALE}, this plate and the one that stood there differ in 0 "
        f"of {many.small().size // 3} pixels. To fit, its pixels were changed by "
        f"{found.moved:.1f} grey levels on average.",
    }


@lru_cache(maxsize=1)
def _machines() -> list[tuple[str, np.ndarray]]:
    names = [name for name in ("srresnet", "srgan") if name in available(many.SCALE)]
    return [(name, upscale(many.small(), name, many.SCALE)) for name in names]


# --- 8: outside the lab ---------------------------------------------------------------------------


@at_place
def outside_pictures(where: Place, asked: Asked) -> Answer:
    """What methods make of the place, reduced with more or less damage, and how they score."""
    setting = _text(asked.get("damage"))
    setting = setting if setting in outside.HOW else "clean"
    with _at_work:
        shown = _outside(where, setting)
    panes = []
    for item in shown:
        texts = [f"NIQE {format_niqe(item.niqe)} ↓"]
        if item.psnr is not None:
            texts.insert(0, f"PSNR {format_psnr(item.psnr)} ↑")
        name = f"{setting}-{item.name}"
        panes.append(pane(name, item.label, item.image) | {"texts": texts})
    return {"panes": panes, "how": outside.HOW[setting], "sentence": _outcome(shown)}


@lru_cache(maxsize=32)
def _outside(where: Place, setting: str) -> tuple[outside.Shown, ...]:
    return outside.pictures(np.ascontiguousarray(where.pixels), setting)


def _outcome(shown: Sequence[outside.Shown]) -> str:
    """Which is closest, and which NIQE takes for the most natural."""
    methods = [item for item in shown if item.name in METHODS]
    closest = max(methods, key=lambda item: item.psnr or 0)
    sentence = f"Closest to the original: {closest.label}."
    judged = [item for item in methods if item.niqe is not None]
    if not judged:
        return f"{sentence} NIQE needs a larger place."
    natural = min(judged, key=lambda item: item.niqe or 0)
    return f"{sentence} Most natural by NIQE: {natural.label}. Do you agree?"


def _code(asked: Asked) -> str:
    return checked(_text(asked.get("code")).upper())


def _voter(asked: Asked) -> str:
    return _text(asked.get("voter"))


def _text(value: Any) -> str:
    """A short text; "" of anything else."""
    return value if isinstance(value, str) and len(value) <= 40 else ""


def _round(asked: Asked) -> Round:
    return place(asked), _scale(asked)


def _where(seen: Round) -> Answer:
    where, scale = seen
    return {"image": where.image, "crop": list(where.box), "scale": scale}
