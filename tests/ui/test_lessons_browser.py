"""The lessons in a real browser, as a student on a phone has them."""

import base64
import io
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from sr_demo.images import load_image
from sr_demo.lessons import features, many, subpixel
from sr_demo.resize import imresize
from sr_demo.ui.lessons import serve
from sr_demo.ui.lessons.places import place
from tests.helpers import present
from tests.ui.conftest import Contexts, windows

PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2}
CROP = "60,40,96,96"  # a small place is computed at once

Visit = Callable[..., Page]  # with a query and a state to wait for


@pytest.fixture
def visit(contexts: Contexts, url: str) -> Iterator[Visit]:
    """A function that opens a link on a phone and waits for the lesson; nothing may complain."""
    with windows(contexts, url) as open_page:

        def open_lesson(query: str, state: str = "ready") -> Page:
            # Reduced motion: every animation is at its end at once.
            page = open_page(query, **PHONE, reduced_motion="reduce")
            ready(page, state)
            return page

        yield open_lesson


def ready(page: Page, state: str = "ready") -> None:
    """Wait until the open lesson has its answer, and its pictures are there."""
    page.wait_for_selector(f".lesson.open[data-state={state}]")
    page.wait_for_function(
        "[...document.querySelectorAll('.lesson.open img')].every((i) => i.naturalWidth > 0)"
    )


def hurry(page: Page) -> None:
    """Let the page's timers run ten times as fast: it looks at a class's votes every 2.5 s."""
    page.evaluate(
        "() => { const later = setTimeout;"
        " window.setTimeout = (work, ms, ...rest) => later(work, ms / 10, ...rest); }"
    )


def lesson(page: Page) -> Locator:
    return page.locator(".lesson.open")


def numbers(text: str) -> list[float]:
    return [float(n.replace("\u202f", "")) for n in re.findall(r"\d[\d\u202f]*(?:\.\d+)?", text)]


def query(page: Page) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(page.url).query))


def canvas_pixels(locator: Locator) -> np.ndarray:
    _, content = locator.evaluate("canvas => canvas.toDataURL()").split(",")
    return pixels(base64.b64decode(content))[..., :3]


def pixels(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)))


# --- links ----------------------------------------------------------------------------------------

VIEWS = [
    "?lesson=1&k=2&guess=0000000000003366cc99ffffffffffff",
    f"?lesson=2&order=csjnb&sort=ssim&image=coffee&crop={CROP}",
    f"?lesson=3&angle=90&wave=3&image=coffee&crop={CROP}",
    "?lesson=4&scene=chelsea&step=1467&answer=1",
    f"?lesson=5&r=3&step=5&without=2,4&image=page&crop={CROP}",
    f"?lesson=6&pick=B&scale=2&shown=1&image=astronaut&crop={CROP}",
    "?lesson=7&text=87510",
    f"?lesson=8&damage=heavy&image=coffee&crop={CROP}",
]


@pytest.mark.parametrize("link", VIEWS)
def test_a_link_shows_the_same_view_again_and_fits_a_phone(
    visit: Visit, url: str, link: str
) -> None:
    seen = []
    for _ in range(2):
        page = visit(link)
        assert page.url == url + link
        assert page.evaluate("document.scrollingElement.scrollWidth") <= 390
        canvases = lesson(page).locator("canvas").evaluate_all("all => all.map(c => c.toDataURL())")
        # The addresses of pictures are made of their content.
        seen.append((lesson(page).inner_html(), canvases))
        page.close()
    assert seen[0] == seen[1]


def test_the_address_follows_and_is_left_behind_with_the_tab(visit: Visit, url: str) -> None:
    page = visit("?lesson=1&__theme=light")
    page.get_by_role("button", name="Features instead of pixels").click()
    ready(page)
    expect(lesson(page)).to_have_attribute("data-lesson", "3")
    page.get_by_role("button", name="0°", exact=True).click()
    lesson(page).get_by_role("combobox", name="Photo").select_option("Coffee")
    page.wait_for_function("location.search.includes('image=coffee')")
    asked = query(page)
    assert asked["lesson"] == "3"
    assert asked["angle"] == "0"
    assert asked["__theme"] == "light"
    where = place(asked)
    assert asked["crop"] == ",".join(map(str, where.box))
    page.get_by_role("tab", name="Models").click()
    page.wait_for_function("location.search.includes('tab=models')")
    assert query(page) == {"__theme": "light", "tab": "models"}
    page.get_by_role("tab", name="Lessons").click()
    page.wait_for_function("location.search.includes('lesson=3')")
    assert query(page) == asked


def test_the_box_moves_by_keys_and_new_pictures_come(visit: Visit) -> None:
    page = visit(f"?lesson=2&image=chelsea&crop={CROP}")
    before = lesson(page).locator(".original img").get_attribute("src")
    lesson(page).locator(".photo button").press("ArrowRight")
    page.wait_for_function("location.search.includes('crop=72,40,96,96')")
    ready(page)
    assert lesson(page).locator(".original img").get_attribute("src") != before


def test_from_a_place_too_flat_one_can_move_on(visit: Visit) -> None:
    page = visit("?lesson=2&image=rocket&crop=100,60,24,24", "error")
    expect(lesson(page).get_by_role("alert")).to_contain_text("Move the box")
    lesson(page).get_by_role("combobox", name="Photo").select_option("Cat")
    ready(page)
    expect(lesson(page).get_by_role("alert")).to_be_hidden()
    expect(lesson(page).locator(".tile")).to_have_count(5)


# --- 1 … 6 ----------------------------------------------------------------------------------------


def test_no_guess_is_better_than_the_grey_ramp(visit: Visit) -> None:
    k, pixels = 2, 16
    edges = np.array([[255.0 * (x >= 8 + s) for x in range(pixels)] for s in range(-k, k + 1)])
    ramp = edges.mean(axis=0)
    page = visit("?lesson=1&k=2&guess=" + "".join(f"{round(v):02x}" for v in ramp))

    def shown() -> float:
        return numbers(lesson(page).locator("output.error").inner_text())[0]

    def guess() -> np.ndarray:
        bars = lesson(page).get_by_role("slider", name="Pixel")
        return np.array(
            [float(present(bars.nth(i).get_attribute("aria-valuenow"))) for i in range(pixels)]
        )

    least = np.square(edges - ramp).mean()
    assert abs(shown() - least) < 1
    expect(lesson(page).locator(".answer")).to_contain_text("grey ramp")
    for x in (0, 7, 8, 15):
        for key in ("PageUp", "PageDown"):
            bar = lesson(page).get_by_role("slider", name=f"Pixel {x + 1}", exact=True)
            bar.press(key)
            assert shown() == pytest.approx(np.square(edges - guess()).mean(), abs=1)
            assert shown() >= least - 1
    lesson(page).get_by_role("button", name="Sharp edge").click()
    assert shown() == pytest.approx(np.square(edges - edges[k]).mean(), abs=1)
    expect(lesson(page).locator(".answer")).to_be_hidden()
    lesson(page).get_by_role("button", name="Average candidates").click()
    np.testing.assert_allclose(guess(), ramp, atol=40)  # 60 random draws
    assert shown() < 1.03 * least + 1


def test_the_gallery_is_ordered_by_taste_then_by_the_metrics(visit: Visit) -> None:
    page = visit(f"?lesson=2&image=chelsea&crop={CROP}")
    panes = serve.equal_pictures({"image": "chelsea", "crop": CROP})["panes"]
    reveal = lesson(page).get_by_role("button", name="Show the numbers")
    assert "PSNR" not in lesson(page).locator(".tiles").inner_text()
    for copy in (3, 1, 5, 2, 4):
        expect(reveal).to_be_disabled()
        lesson(page).get_by_role("button", name=f"Copy {copy}").click()
    taste = lesson(page).locator(".tile").evaluate_all("tiles => tiles.map(t => t.dataset.id)")
    reveal.click()

    def order() -> list[str]:
        return lesson(page).locator(".tile").evaluate_all("tiles => tiles.map(t => t.dataset.id)")

    assert order() == [taste[i - 1] for i in (3, 1, 5, 2, 4)]
    texts = lesson(page).locator(".tile figcaption").all_inner_texts()
    assert len({present(re.search(r"PSNR ([\d.]+ dB) ↑", text))[1] for text in texts}) <= 2
    page.get_by_role("button", name="SSIM ↑").click()
    by_ssim = sorted(panes, key=lambda pane: -pane["values"]["ssim"])
    assert order() == [pane["id"] for pane in by_ssim]


def test_features_are_shown_per_direction_with_both_distances(visit: Visit) -> None:
    page = visit(f"?lesson=3&angle=0&wave=6&image=chelsea&crop={CROP}")
    answer = serve.feature_maps({"image": "chelsea", "crop": CROP})
    shown = numbers(lesson(page).locator(".distances").inner_text().replace("8 filters", ""))
    expected = [pane[key] for key in ("pixels", "features") for pane in answer["panes"][1:]]
    np.testing.assert_allclose(shown, expected, atol=0.051)
    lesson(page).get_by_role("button", name="45°", exact=True).click()
    lesson(page).get_by_role("button", name="Fine").click()
    index = features.WAVELENGTHS.index(3) * 4 + features.ANGLES.index(45)
    for i, pane in enumerate(answer["panes"]):
        sheet = load_image(pane["sheet"]["path"]).pixels[..., 0]
        drawn = canvas_pixels(lesson(page).locator(".maps canvas").nth(i))[..., 0]
        np.testing.assert_array_equal(drawn, sheet[:, index * 96 : (index + 1) * 96])


def test_the_recorded_run_moves_with_the_slider(visit: Visit) -> None:
    if not (serve.RECORDED / "run.json").is_file():
        pytest.skip("no training run is recorded here")
    run = serve.recorded_run({})
    page = visit("?lesson=4")
    assert query(page)["step"] == "0"
    strip = np.asarray(Image.open(serve.RECORDED / f"{run['scenes'][0]['name']}.png"))
    for index in (0, 1, len(run["steps"]) - 1):
        lesson(page).get_by_role("slider").fill(str(index))
        side = run["side"]
        drawn = canvas_pixels(lesson(page).locator(".made canvas"))
        np.testing.assert_array_equal(drawn, strip[:, (index + 1) * side : (index + 2) * side])
        assert query(page)["step"] == str(run["steps"][index])
        cells = lesson(page).locator(".on-made .verdicts span").all_inner_texts()
        answers = run["scenes"][0]["places"][index]
        assert len(cells) == (36 if answers else 0)
        if answers:
            np.testing.assert_allclose(
                np.array(cells, float), np.ravel(answers["restored"]) * 100, atol=0.6
            )


@pytest.mark.parametrize("r", subpixel.SCALES)
def test_the_shuffle_ends_at_torchs_pixel_shuffle(visit: Visit, r: int) -> None:
    page = visit(f"?lesson=5&r={r}&image=page&crop=60,40,72,72")
    lesson(page).get_by_role("button", name="Play").click()
    photo = place({"image": "page", "crop": "60,40,72,72"}).pixels
    channels = subpixel.channels(imresize(np.ascontiguousarray(photo), 1 / r), r)
    expected = F.pixel_shuffle(torch.from_numpy(channels)[None], r)[0, 0].numpy()
    canvas = lesson(page).locator("canvas")
    expect(canvas).to_have_attribute("data-settled", "true")
    expect(canvas).to_have_attribute("aria-label", re.compile(f"^{r * r} of {r * r}"))
    drawn = canvas_pixels(canvas)
    dot = drawn.shape[1] // 72  # on a phone the result lies below the channels
    result = drawn[-72 * dot :, : 72 * dot, 0][dot // 2 :: dot, dot // 2 :: dot]
    np.testing.assert_array_equal(result, expected)
    lesson(page).get_by_role("button", name="Channel 2", exact=True).click()
    without = canvas_pixels(canvas)[-72 * dot :, : 72 * dot, 0][dot // 2 :: dot, dot // 2 :: dot]
    changed = without != expected
    assert not changed[np.ix_(range(0, 72, r), range(0, 72, r))].any()
    assert len(np.unique(without[0::r, 1::r])) == 1


def test_the_blind_test_names_its_pictures_after_the_vote(visit: Visit) -> None:
    page = visit(f"?lesson=6&image=chelsea&crop={CROP}")
    answer = serve.blind_pictures({"image": "chelsea", "crop": CROP, "shown": True})
    right = next(pane["id"] for pane in answer["panes"] if pane["name"] == "original")
    reveal = lesson(page).get_by_role("button", name="Show names")
    expect(reveal).to_be_disabled()
    lesson(page).get_by_role("button", name=f"Picture {right}").click()
    reveal.click()
    expect(lesson(page).locator(".answer")).to_contain_text(f"Right: {right}")
    expect(lesson(page).locator(".session")).to_contain_text("found 1 of 1")
    captions = lesson(page).locator(".tile figcaption").all_inner_texts()
    for pane, caption in zip(answer["panes"], captions, strict=True):
        assert pane["method"] in caption
        assert all(text in caption for text in pane["texts"])


def test_a_class_follows_its_teacher_who_reveals_what_it_voted(visit: Visit, url: str) -> None:
    teacher = visit(f"?lesson=6&image=chelsea&crop={CROP}")
    hurry(teacher)
    lesson(teacher).get_by_role("button", name="Vote as a class").click()
    teacher.wait_for_function("location.search.includes('teacher=')")
    code = query(teacher)["class"]
    qr = lesson(teacher).get_by_role("img", name=f"QR code of {url}?lesson=6&class={code}")
    expect(qr).to_be_visible()

    student = visit("?lesson=6&image=coffee")
    hurry(student)
    join = lesson(student).get_by_label("Join with a code")
    for wrong, said in (("BOGUS1", "No class votes under BOGUS1"), ("?", "3 to 12 letters")):
        join.fill(wrong)
        join.press("Enter")
        expect(lesson(student).get_by_role("alert")).to_contain_text(said)
    join.fill(code.lower())
    join.press("Enter")
    student.wait_for_function(f"location.search.includes('chelsea&crop={CROP}')")
    expect(lesson(student).locator(".place")).to_be_hidden()
    for letter in "AC":  # changed their mind
        lesson(student).get_by_role("button", name=f"Picture {letter}").click()
    expect(lesson(student).locator(".attending")).to_contain_text("your vote for C counts")
    expect(lesson(teacher).locator(".votes")).to_have_text("1 vote")
    expect(lesson(teacher).locator(".meter")).to_have_count(0)
    expect(lesson(student).locator(".answer")).to_be_hidden()

    lesson(teacher).get_by_role("button", name="Reveal to all").click()
    expect(lesson(student).locator(".answer")).to_be_visible()
    expect(lesson(student).locator(".meter")).to_have_text(["0", "0", "1", "0", "0"])
    lesson(teacher).get_by_role("button", name="Empty the votes").click()
    expect(lesson(teacher).locator(".votes")).to_have_text("0 votes")
    expect(lesson(student).locator(".attending")).to_contain_text("press the picture")
    expect(lesson(student).locator(".tile").first).not_to_contain_text("NIQE")

    lesson(teacher).get_by_role("button", name="×2, harder").click()
    student.wait_for_function("location.search.includes('scale=2')")
    lesson(student).get_by_role("button", name="Leave the class").click()
    expect(lesson(student).locator(".place")).to_be_visible()
    assert "class" not in query(student)


# --- 7: many sharp pictures -----------------------------------------------------------------------


def test_the_letters_are_rewritten_and_the_small_picture_stays(visit: Visit) -> None:
    page = visit("?lesson=7")
    small = lesson(page).get_by_role("img", name="The small picture")
    plate = lesson(page).get_by_role("img", name="Written by you")
    kept, first = small.get_attribute("src"), plate.get_attribute("src")
    lesson(page).get_by_role("button", name="Place 1: B").click()
    expect(lesson(page).get_by_role("button", name="Place 1: 8")).to_be_visible()
    assert query(page)["text"] == "87S10"
    lesson(page).get_by_label("Or write any five").fill("hello")
    lesson(page).get_by_role("button", name="Draw it").click()
    page.wait_for_function("location.search.includes('text=HELLO')")
    assert small.get_attribute("src") == kept
    assert plate.get_attribute("src") != first
    expect(lesson(page)).not_to_contain_text(many.TRUTH)
    lesson(page).get_by_role("button", name="What stood there?").click()
    expect(lesson(page)).to_contain_text(f"{many.TRUTH} was drawn")
