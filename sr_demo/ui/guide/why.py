"""A “why?” beside a number: a link to the lesson that explains it."""

from html import escape

from sr_demo.lessons.texts import LESSONS

_NUMBERS = {lesson.key: number for number, lesson in enumerate(LESSONS, 1)}


def why(what: str, key: str) -> str:
    """HTML of the link; head.js turns to the lesson without leaving the page.

    Args:
        what: the number, as it is read aloud: "PSNR".
        key: of the lesson.

    Raises:
        KeyError: if there is no such lesson.
    """
    number = _NUMBERS[key]
    title = f"Why {what}? Lesson {number}: {LESSONS[number - 1].title}"
    return (
        f'<a class="why" href="?lesson={number}" data-lesson="{number}" title="{escape(title)}" '
        f'aria-label="{escape(title)}">why?</a>'
    )
