"""What helps a newcomer and a teacher: the tour, “why?”, and presenter mode, as they are seen."""

from playwright.sync_api import Page, expect

from sr_demo.lessons.texts import LESSONS
from sr_demo.ui.guide.why import why
from tests.ui.comparing import DESK, place
from tests.ui.conftest import Contexts, windows

SIZES = """() => Object.fromEntries([...document.querySelectorAll(
  '#viewer :is(.tabs button, .verdict, .pane b, .pane .facts), #scores th, #tabs [role=tab]')]
  .filter((e) => e.getClientRects().length)
  .map((e) => [e.textContent, getComputedStyle(e).fontSize]))"""
TOOLS = "#viewer .bar button:visible"


def test_one_key_enlarges_the_text_folds_the_controls_and_leaves_again(compare_page: Page) -> None:
    page = compare_page
    page.set_viewport_size({"width": 1280, "height": 720})
    before = page.evaluate(SIZES)
    page.keyboard.press("t")
    expect(page.locator("#controls")).to_be_hidden()
    larger = page.evaluate(SIZES)
    assert len(larger.keys() & before.keys()) > 10
    for text in larger.keys() & before.keys():
        assert abs(pixels(larger[text]) / pixels(before[text]) - 1.4) < 0.01, text
    tops = page.locator(TOOLS).evaluate_all(
        "all => all.map((e) => e.getBoundingClientRect()).map((r) => r.top + r.height / 2)"
    )
    assert max(tops) - min(tops) < 4  # one line
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
    expect(page.get_by_role("button", name="Presenter mode")).to_have_attribute(
        "aria-pressed", "true"
    )
    page.get_by_role("tab", name="Lessons", exact=True).click()  # it leaves where it is, too
    expect(page.locator(".lesson.open")).to_be_visible()
    page.keyboard.press("t")
    page.get_by_role("tab", name="Compare", exact=True).click()
    expect(page.locator("#controls")).to_be_visible()
    page.keyboard.press("?")
    expect(page.locator("#viewer .help")).to_contain_text("presenter mode")
    page.keyboard.press("?")
    page.set_viewport_size(DESK)


def pixels(size: str) -> float:
    return float(size.removesuffix("px"))


def test_a_why_beside_a_number_opens_the_lesson_that_explains_it(compare_page: Page) -> None:
    page = compare_page
    for where, name in (
        ("#scores", "PSNR"), ("#scores", "LR-PSNR"), ("#scores", "NIQE"),
        ("#viewer .says", "PSNR and NIQE"),
    ):  # fmt: skip
        link = page.locator(where).get_by_role("link", name=f"Why {name}? Lesson")
        number = link.get_attribute("data-lesson")
        link.click()
        lesson = page.locator(".lesson.open")
        expect(lesson).to_have_attribute("data-lesson", number or "")
        expect(lesson.locator(".words")).to_contain_text(name.split()[0])
        expect(page.locator(".steps [aria-current]")).to_contain_text(number or "")
        page.wait_for_function(f"location.search.includes('lesson={number}')")
        page.get_by_role("tab", name="Compare", exact=True).click()


def test_a_why_is_named_and_leads_somewhere_without_a_script_too() -> None:
    html = why("NIQE", "equal")
    assert 'href="?lesson=2"' in html
    assert f"Lesson 2: {LESSONS[1].title}" in html


def test_the_tour_comes_when_asked_and_can_be_dismissed_for_good(
    contexts: Contexts, url: str
) -> None:
    with windows(contexts, url) as open_page:
        page = open_page("?tour", viewport=DESK)
        tour = page.get_by_role("dialog")
        expect(tour).to_contain_text("1 of 5")
        page.wait_for_function("document.activeElement === document.body")  # no focus is taken
        expect(page.locator(".sr-toured")).to_have_count(1)
        page.keyboard.press("Escape")
        expect(tour).to_be_hidden()
        assert page.evaluate("localStorage.getItem('sr-demo-tour')") == "yes"
        page.get_by_role("button", name="Tour, 60 s").click()
        for step in range(2, 6):
            page.keyboard.press("Enter")  # the focus is on Next
            expect(tour).to_contain_text(f"{step} of 5")
            place(tour)
        page.keyboard.press("Enter")
        expect(tour).to_be_hidden()
        expect(page.get_by_role("button", name="Tour, 60 s")).to_be_focused()
        expect(page.locator(".sr-toured")).to_have_count(0)
