"""What can be saved: the crop sheet, the scores, and everything in one ZIP."""

import io
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

import gradio as gr

from sr_demo.boxes import Box
from sr_demo.figures.crop_sheet import busiest_box, save_crop_sheet
from sr_demo.records import csv_bytes, records
from sr_demo.ui.session import Shown

_GONE = "These pictures are not kept any more: choose the photo again."


def crop_sheet(shown: Shown, box: Box | None) -> str:
    """Path of a PNG as super-resolution papers print it; without a box of the busiest place."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "sheet.png")
        box = box or busiest_box(shown.comparison)
        save_crop_sheet(shown.comparison, box, path, name=shown.job.picture.name)
        return shown.job.files.keep_file(f"{shown.job.stem}_crops.png", path.read_bytes())


def csv_file(shown: Shown, box: Box | None) -> str:
    """Path of the scores as CSV, with those of the crop."""
    content = csv_bytes(records(shown.job.picture.name, shown.comparison, box))
    return shown.job.files.keep_file(f"{shown.job.stem}_scores.csv", content)


def everything(shown: Shown, box: Box | None) -> str:
    """Path of a ZIP: the shown PNGs as they are, the scores and the crop sheet.

    Raises:
        gr.Error: if they have been deleted.
    """
    panes = {"original", "input", *(result.method for result in shown.comparison.results)}
    paths = [path for pane, path in shown.files.items() if pane in panes]
    paths += [csv_file(shown, box), crop_sheet(shown, box)]
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as archive:
        for path in paths:
            try:
                archive.write(path, Path(path).name)
            except FileNotFoundError as error:
                raise gr.Error(_GONE, print_exception=False) from error
    return shown.job.files.keep_file(f"{shown.job.stem}.zip", content.getvalue())
