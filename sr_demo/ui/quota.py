"""How much each client may ask for in a while, and who a client is."""

import ipaddress
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

import gradio as gr

REMEMBERED = 10_000  # clients at most; the longest quiet are forgotten
HERE = "this machine"  # the client that no proxy and no network stands between


class Quota:
    """A bucket for each client, which fills at a steady rate.

    Who is not in debt may take, also more than there is: so nothing is out of reach, and a long
    wait follows much.
    """

    def __init__(
        self, per_minute: float, at_once: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Begin with a full bucket for everyone.

        Args:
            per_minute: how much flows in.
            at_once: how much a full bucket holds.
            clock: seconds.
        """
        self.per_minute, self.at_once, self._clock = per_minute, at_once, clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # level, when
        self._lock = threading.Lock()

    def take(self, client: str, amount: float = 1) -> None:
        """Take from the client's bucket.

        Raises:
            ValueError: in plain words, while the client is in debt.
        """
        with self._lock:
            now = self._clock()
            level, then = self._buckets.pop(client, (self.at_once, now))
            level = min(self.at_once, level + (now - then) * self.per_minute / 60)
            wait = -level * 60 / self.per_minute
            self._buckets[client] = (level if wait >= 0 else level - amount, now)
            while len(self._buckets) > REMEMBERED:
                self._buckets.popitem(last=False)
        if wait >= 0:
            raise ValueError(f"That was much in a short time: wait {wait + 1:.0f} s and try again.")


def client_of(request: gr.Request | None) -> str:
    """Who asks: an address, or ``HERE``.

    Behind proxies it is the last public address that they have noted: what stands before it is what
    the client claims, and what stands after it are proxies of one's own.
    """
    if request is None or request.client is None:
        return HERE
    peer = request.client.host
    noted = (request.headers.get("x-forwarded-for") or "").split(",")
    outer = [text for text in (peer, *map(str.strip, reversed(noted))) if _is_global(text)]
    if outer:
        return outer[0]
    return HERE if peer in ("127.0.0.1", "::1") else peer


def _is_global(text: str) -> bool:
    try:
        return ipaddress.ip_address(text).is_global
    except ValueError:
        return False
