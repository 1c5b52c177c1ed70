"""What the page does under load, and once everybody has left.

``python -m benchmarks.load`` from the top of the checkout starts the page, warms it up, and asks by
HTTP: first as users who each enlarge or compare small pictures, one after the other; then as users
who ask for much and leave while it is made. It prints what it saw, and ends with status 1 if

- a call failed; that the queue is full is an answer, and counted apart,
- work went on for longer than one tile after the last had left,
- memory was not back within 100 MB of what it was, or threads or open files became more.
"""

import argparse
import os
import random
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles

import httpx
from gradio_client import Client, handle_file
from gradio_client.utils import QueueError
from PIL import Image

from benchmarks.memory import resident
from benchmarks.start import page
from benchmarks.timing import SCALE, photo

SIDES = (48, 64, 96)  # of what users send
TILE = 512  # LR pixels a side, which the engine restores at once
LARGE = 1000  # of what is left behind: four tiles
MORE_MEMORY, MORE_OF_ANYTHING = 100, 5  # MB; threads and files
SETTLE = 20  # seconds until idle threads are gone


@dataclass(frozen=True)
class Call:
    """One call of a user."""

    seconds: float
    failure: str = ""
    busy: bool = False  # the queue was full


@dataclass(frozen=True)
class State:
    """What a process holds."""

    megabytes: float
    threads: int
    files: int


def state_of(process: int) -> State:
    """What a process holds now; Linux alone."""
    counts = [len(os.listdir(f"/proc/{process}/{what}")) for what in ("task", "fd")]
    return State(resident("VmRSS", process) * 1024 / 1e6, *counts)


def cpu_seconds(process: int) -> float:
    """What a process has used of all cores so far."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


# --- users ----------------------------------------------------------------------------------------


def use(address: str, folder: Path, until: float, seed: int, pause: float) -> list[Call]:
    """One user: call after call, with about so many seconds in between, until the clock says so."""
    chance = random.Random(seed)
    client = Client(address, verbose=False, download_files=str(folder / f"user {seed}"))
    calls = []
    while time.monotonic() < until:
        image = handle_file(picture(folder, chance.choice(SIDES)))
        if chance.random() < 0.5:
            calls.append(called(client, "/compare", image, SCALE))
        else:
            method = chance.choice(["bicubic", "espcn", "srresnet"])
            calls.append(called(client, "/upscale", image, method, SCALE))
        time.sleep(chance.uniform(0.5, 1.5) * pause)
    client.close()
    return calls


def called(client: Client, endpoint: str, *values: object) -> Call:
    """Make a call, and see what becomes of it."""
    begun = time.perf_counter()
    try:
        client.predict(*values, api_name=endpoint)
    except QueueError:
        return Call(time.perf_counter() - begun, busy=True)
    except Exception as error:
        return Call(time.perf_counter() - begun, f"{type(error).__name__}: {error}")
    return Call(time.perf_counter() - begun)


def many(address: str, folder: Path, users: int, seconds: float, pause: float = 1) -> list[Call]:
    """So many users at once for so long."""
    for side in SIDES:  # before the first asks for it
        picture(folder, side)
    until = time.monotonic() + seconds
    with ThreadPoolExecutor(users) as pool:
        work = [pool.submit(use, address, folder, until, user, pause) for user in range(users)]
        return [call for user in work for call in user.result()]


def leave(address: str, image: Path, method: str, patience: float, *, cancel: bool) -> None:
    """Ask for a large picture, and leave after so many seconds: cancel, or just hang up."""
    if cancel:
        client = Client(address, verbose=False, download_files=False)
        job = client.submit(handle_file(image), method, SCALE, api_name="/upscale")
        helper = job.communicator  # a cancellation before the page knows of the call does nothing
        while helper is not None and not helper.event_id and not job.done():
            time.sleep(0.05)
        time.sleep(patience)
        job.cancel()
        client.close()
        return
    with httpx.Client(base_url=f"{address}/gradio_api", timeout=60) as web:
        (path,) = web.post("/upload", files={"files": (image.name, image.read_bytes())}).json()
        data = [{"path": path, "meta": {"_type": "gradio.FileData"}}, method, SCALE]
        asked = web.post("/call/upscale", json={"data": data}).json()
        with web.stream("GET", f"/call/upscale/{asked['event_id']}"):
            time.sleep(patience)


def all_leave(address: str, image: Path, leavers: int) -> None:
    """So many who come at once and leave one by one."""
    chance = random.Random(0)
    with ThreadPoolExecutor(leavers) as pool:
        gone = [
            pool.submit(
                leave, address, image, "srresnet", chance.uniform(1, 5), cancel=bool(number % 2)
            )
            for number in range(leavers)
        ]
    for leaver in gone:
        leaver.result()


def picture(folder: Path, side: int) -> Path:
    """A square photo as a file."""
    path = folder / f"{side}.png"
    if not path.exists():
        Image.fromarray(photo(side, side)).save(path)
    return path


# --- what is measured -----------------------------------------------------------------------------


def until_idle(process: int, patience: float = 300) -> float:
    """Seconds until the process rests: uses less than a tenth of a core for two seconds."""
    begun = rest = time.monotonic()
    used = cpu_seconds(process)
    while time.monotonic() - rest < 2 and time.monotonic() - begun < patience:
        time.sleep(0.1)
        now = cpu_seconds(process)
        if now - used > 0.1 * (time.monotonic() - rest) + 0.05:
            rest, used = time.monotonic(), now
    return rest - begun


def warm_up(address: str, process: int, folder: Path) -> tuple[State, float]:
    """What the page holds, having done all of it once, and the seconds that a tile takes."""
    client = Client(address, verbose=False, download_files=str(folder / "first"))
    for side in SIDES:
        called(client, "/compare", handle_file(picture(folder, side)), SCALE)
    tile = handle_file(picture(folder, TILE))
    calls = [called(client, "/upscale", tile, "srresnet", SCALE) for _ in range(2)]
    many(address, folder, 20, 5, pause=0.2)
    client.close()
    time.sleep(SETTLE)
    return state_of(process), calls[-1].seconds


def verdict(
    calls: list[Call], before: State, after: State, stopped: float, tile: float
) -> list[str]:
    """What is not as it should be, a line each."""
    wrong = [call.failure for call in calls if call.failure]
    if stopped > tile:
        wrong.append(f"work went on for {stopped:.1f} s, a tile takes {tile:.1f} s")
    if after.megabytes > before.megabytes + MORE_MEMORY:
        wrong.append(f"memory grew by {after.megabytes - before.megabytes:.0f} MB")
    for what in ("threads", "files"):
        more = getattr(after, what) - getattr(before, what)
        if more > MORE_OF_ANYTHING:
            wrong.append(f"{more} more {what}")
    return wrong


def summary(calls: list[Call]) -> str:
    """How many, and how long they took."""
    done = [call.seconds for call in calls if not call.failure and not call.busy]
    busy = sum(call.busy for call in calls)
    failed = sum(bool(call.failure) for call in calls)
    text = f"{len(done)} calls done, {busy} told that it is busy, {failed} failed"
    if len(done) < 2:
        return text
    cuts = quantiles(done, n=100)
    return f"{text}; p50 {cuts[49]:.2f} s, p95 {cuts[94]:.2f} s"


def main(argv: list[str] | None = None) -> int:
    """Start the page, load it, leave it, and say what became of it."""
    cli = argparse.ArgumentParser(prog="python -m benchmarks.load", description=__doc__)
    cli.add_argument("--users", type=int, default=60)
    cli.add_argument("--seconds", type=float, default=180)
    cli.add_argument("--leavers", type=int, default=20)
    options = cli.parse_args(argv)
    with page() as (address, app), tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        before, tile = warm_up(address, app.pid, folder)
        print(f"before: {before}; a tile takes {tile:.1f} s", flush=True)
        calls = many(address, folder, options.users, options.seconds)
        print(f"{options.users} users for {options.seconds:g} s: {summary(calls)}", flush=True)
        all_leave(address, picture(folder, LARGE), options.leavers)
        stopped = until_idle(app.pid)
        print(f"{options.leavers} have left: work stopped after {stopped:.1f} s", flush=True)
        time.sleep(SETTLE)
        calls += many(address, folder, 1, 1)  # it still answers
        after = state_of(app.pid)
        print(f"after: {after}")
    wrong = verdict(calls, before, after, stopped, tile)
    for line in sorted(set(wrong)):
        print(f"WRONG: {line}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
