"""A run's scores as CSV."""

from pathlib import Path

from sr_demo.training import curve


def test_rows_come_back_as_they_were_added(tmp_path: Path) -> None:
    path = tmp_path / curve.NAME
    assert curve.read(path) == []
    curve.add(path, 500, {"PSNR-Y (dB)": 28.125, "NIQE": 4.5})
    curve.add(path, 1000, {"PSNR-Y (dB)": 28.25})
    assert path.read_text() == "step,PSNR-Y (dB),NIQE\n500,28.125,4.5\n1000,28.25,\n"
    assert curve.read(path) == [
        {"step": 500, "PSNR-Y (dB)": 28.125, "NIQE": 4.5},
        {"step": 1000, "PSNR-Y (dB)": 28.25},
    ]


def test_what_a_resumed_run_makes_again_takes_its_old_place(tmp_path: Path) -> None:
    path = tmp_path / curve.NAME
    for step, score in ((500, 1.0), (1000, 2.0), (1500, 3.0), (1000, 4.0)):
        curve.add(path, step, {"score": score})
    assert curve.read(path) == [{"step": 500, "score": 1.0}, {"step": 1000, "score": 4.0}]
    assert list(tmp_path.iterdir()) == [path]
