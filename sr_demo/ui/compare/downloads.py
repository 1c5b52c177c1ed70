"""What one may take home: the crop sheet, the scores, and everything in one ZIP."""

import io
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

from sr_demo.figures.crop_sheet import busiest_box, save_crop_sheet
from sr_demo.ui.compare.scores import scores_csv
from sr_demo.ui.session import Session, file_name, keep_file


def stem(session: Session) -> str:
    assert session.job
    return f"{file_name(session.job.picture.name)}_x{session.job.scale}"


def crop_sheet(session: Session) -> str:
    """Path of a PNG as super-resolution papers print it."""
    assert session.comparison
    box = session.box or busiest_box(session.comparison)
    with TemporaryDirectory() as folder:
        path = Path(folder, "sheet.png")
        save_crop_sheet(session.comparison, box, path)
        return keep_file(f"{stem(session)}_crops.png", path.read_bytes())


def csv_file(session: Session) -> str:
    assert session.comparison
    return keep_file(f"{stem(session)}_scores.csv", scores_csv(session.comparison).encode())


def everything(session: Session) -> str:
    """Path of a ZIP: the shown PNGs as they are, the scores and the crop sheet."""
    assert session.comparison
    shown = {"original", "input", *(result.method for result in session.comparison.results)}
    paths = [path for pane, path in session.files.items() if pane in shown]
    paths += [csv_file(session), crop_sheet(session)]
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as archive:
        for path in paths:
            archive.write(path, Path(path).name)
    return keep_file(f"{stem(session)}.zip", content.getvalue())
