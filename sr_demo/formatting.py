"""Numbers as people read them, with their units."""

import math


def format_psnr(decibels: float | None) -> str:
    """28.4231 -> "28.42 dB"; infinite -> "identical"; None -> "—"."""
    if decibels is None:
        return "—"
    return "identical" if math.isinf(decibels) else f"{decibels:.2f} dB"


def format_ssim(similarity: float | None) -> str:
    """0.81234 -> "0.8123"; None -> "—"."""
    return "—" if similarity is None else f"{similarity:.4f}"


def format_niqe(distance: float | None) -> str:
    """4.9213 -> "4.92"; None -> "—"."""
    return "—" if distance is None else f"{distance:.2f}"


def format_change(chosen: float | None, default: float | None, digits: int) -> str:
    """27.0 instead of 26.5 -> "+0.50"; "—" where either is None, or both are the same."""
    if chosen is None or default is None or chosen == default:  # so are two infinite ones
        return "—"
    return f"{chosen - default:+.{digits}f}".replace("-", "−")


def format_seconds(seconds: float | None) -> str:
    """0.0452 -> "45 ms"; 1.23 -> "1.2 s"; 83.4 -> "83 s"; None -> "—"."""
    if seconds is None:
        return "—"
    if seconds < 0.9995:
        return f"{seconds * 1000:.0f} ms" if seconds >= 0.0005 else "<1 ms"
    return f"{seconds:.1f} s" if seconds < 9.95 else f"{seconds:.0f} s"


def format_count(count: float | None) -> str:
    """1546752 -> "1 546 752", with narrow spaces; 0 and None -> "—"."""
    return "—" if not count else f"{count:,.0f}".replace(",", "\u202f")


def format_left(seconds: float) -> str:
    """A time to come, which nobody knows exactly: 3.2 -> "4 s"; 47 -> "50 s"; 200 -> "4 min"."""
    if seconds < 10:
        return f"{max(1, math.ceil(seconds))} s"
    return (
        f"{math.ceil(seconds / 10) * 10} s" if seconds <= 90 else f"{math.ceil(seconds / 60)} min"
    )
