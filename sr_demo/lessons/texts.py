"""What the lessons say: one idea, one question to answer by trying, one note for the teacher."""

from dataclasses import dataclass, field
from html import escape


@dataclass(frozen=True)
class Lesson:
    """One lesson: what it is called, what it says, and what it asks."""

    key: str  # of its files
    title: str
    idea: str
    task: str  # answered by trying
    note: str  # to the teacher, two sentences
    question: str  # to the class
    words: dict[str, str] = field(default_factory=dict)  # that it uses, each in a sentence


LESSONS = (
    Lesson(
        "mse",
        "Why MSE blurs",
        "A small image does not tell exactly where an edge was. A network has to give one answer "
        "all the same, and is graded by its mean squared error over everything that fits.",
        "Drag the bars of the guess. Which guess has the smallest average error: is it an edge?",
        "The squared error is least at the mean, so a network that is unsure answers with the "
        "average of all that is possible. That is blur: no weakness of the network, but the right "
        "answer to the question it was asked.",
        "If a network were graded by how often it hits a candidate exactly, what would it answer?",
        {
            "MSE": "mean squared error: how far each pixel is from the true one, squared, and of "
            "that the mean over all pixels.",
        },
    ),
    Lesson(
        "equal",
        "PSNR is not sharpness",
        "One photo, damaged in five ways. All five have the same PSNR: by that number they are "
        "equally good.",
        "Click them from best to worst, by your own taste. Then compare with the numbers.",
        "PSNR adds up how far each pixel is off, and does not ask what the errors look like "
        "together: a shift is hardly noticed, noise and blocks are. SSIM and NIQE each see some of "
        "what we see, and neither sees all of it.",
        "Which of the five would you mind least in a holiday photo, and which in an X-ray?",
        {
            "PSNR": "how small the mean squared error is, in decibels: 10·log₁₀(255² / MSE). Half "
            "the error is 3 dB more. It needs the original.",
            "SSIM": "how alike two pictures are in brightness, contrast and pattern, window by "
            "window; 1 is the same. It needs the original, too.",
            "NIQE": "how far a picture’s fine structure is from that of sharp photos in general; "
            "lower is more natural. It sees no original, and so cannot say what is true.",
        },
    ),
    Lesson(
        "features",
        "Features instead of pixels",
        "Instead of pixels one can compare how strongly a place waves, how finely, in which "
        "direction. Trained networks such as VGG begin with filters of that kind; these are Gabor "
        "filters, made by formula, no VGG.",
        "Turn the stripes. Two pictures are equally far from the original in pixels: which of them "
        "keeps its stripes?",
        "The blur was tuned to the same pixel distance as the network's picture, and only the "
        "features tell the two apart. SRGAN is trained on such a distance (of VGG) besides the "
        "pixels, so it dares to paint hairs that may not lie exactly where they lay.",
        "A hair is painted one pixel beside the true one: what does each distance say to that?",
        {
            "Waves": "stripes, light and dark in turn; every picture is a sum of such waves, in "
            "all directions and widths. To wave strongly is to have stripes of much contrast.",
            "Phase": "where in its period a wave begins. Shifted stripes have another phase and "
            "the same strength, and these features measure strength alone.",
            "Gabor filter": "a short piece of one wave; it answers where there are such stripes.",
        },
    ),
    Lesson(
        "game",
        "Generator against discriminator",
        "SRGAN is trained as a game: shown a photo and a restored picture of it, the "
        "discriminator D learns to say which is the photo; the generator G learns to make "
        "pictures that D takes for it. This is a recording of one of the two runs whose mean is "
        "SRGAN ×4 on this page.",
        "Move through the run. When does D doubt most, and what has G just learnt to paint?",
        "D is a critic that never tires: each trick of G becomes the next thing that D looks for, "
        "so neither of the two curves settles. A D that is always sure teaches G nothing more, and "
        "one that guesses teaches nothing at all.",
        "What could G paint to take D in without coming any closer to the photo?",
        {
            "G, the generator": "the network that enlarges; before the game it is SRResNet.",
            "D, the discriminator": "a second network, which compares the photo with G’s picture "
            "of it, place by place. After the game nobody needs it.",
            "Step": "one small change of both, after a few patches.",
        },
    ),
    Lesson(
        "subpixel",
        "Sub-pixel convolution",
        "ESPCN never computes at the large size. Its last convolution makes r² small pictures, "
        "and the shuffle only moves their pixels into place.",
        "Play the shuffle. Then leave out one channel: where do its pixels go missing?",
        "All arithmetic happens on the small grid, at 1/r² of the cost of enlarging first as SRCNN "
        "does; the shuffle itself computes nothing. Where the channels disagree, a pattern appears "
        "that repeats every r pixels: the checkerboard.",
        "How many channels does the last layer need for ×4, in colour?",
        {
            "r": "the scale: with r = 2 every pixel becomes 2 × 2.",
            "Convolution": "each new pixel is a weighted sum of the pixels around its place; the "
            "weights are what a network learns.",
            "Channel": "one of the pictures, all of one size, that a layer makes side by side.",
            "Operations": "multiplications: one for each weight at every pixel that a layer makes. "
            "On the small grid there are r² times fewer pixels.",
        },
    ),
    Lesson(
        "blind",
        "Blind test",
        "One place, several pictures: the original, and what different methods made of a smaller "
        "version, a quarter or half as wide.",
        "Which one is the original? Vote, then see names and numbers.",
        "What people take for the original has good perception, and PSNR does not ask for that. "
        "Vote on several places: faces and letters are judged more strictly than fur and wood.",
        "Did the picture with the best PSNR get more votes than SRGAN's?",
    ),
    Lesson(
        "many",
        "Many sharp pictures, one small one",
        "A number plate was reduced to a quarter of its width. Every plate that you write here "
        "becomes the same small picture when it is reduced, to the last bit.",
        "Press the letters: B or 8, S or 5? Then write any five. Is there a text that does not "
        "fit?",
        "All that fits the small picture may have stood there, and a method shows only the one "
        "answer that its training makes likely. So an enlarged picture is an illustration and no "
        "evidence: not of a letter, of a face or of a finding.",
        "What would you have to know, besides the small picture, to say which text stood there?",
        {
            "LR-PSNR": "a result is reduced again and compared with the small picture, in dB: does "
            "it keep to all that is known? All plates here do, so it cannot say which is true.",
        },
    ),
    Lesson(
        "outside",
        "Outside the lab",
        "Most networks here learnt from pictures reduced cleanly, by one formula. Pictures that "
        "one meets were blurred by a lens, took noise from a sensor, and were compressed.",
        "Turn up the damage. Which method breaks first, and does NIQE notice?",
        "A network takes for detail whatever its training never showed, and sharpens noise and "
        "blocks as it would sharpen hair. Real-SRGAN, as Real-ESRGAN before it, saw random damage "
        "while it learnt: it takes noise and blocks away, and pays with some detail, by PSNR more "
        "than by eye.",
        "Which of these pictures would you give to somebody who looks for a crack in a pipe?",
    ),
)


FIRST = "chelsea"  # the sample to begin with


def section(number: int, lesson: Lesson, stage: str, controls: str) -> str:
    """The whole lesson as HTML, around its own two parts."""
    title = f"lesson-{number}"
    return f"""
<section class="lesson {lesson.key}" data-lesson="{number}" aria-labelledby="{title}">
  <header><h2 id="{title}">{escape(lesson.title)}</h2><p>{escape(lesson.idea)}</p></header>
  <div class="main">{stage}</div>
  <aside>
    <p class="task"><b>Try</b> {escape(lesson.task)}</p>
    <p class="trouble" role="alert" hidden></p>
    {controls}
    {_words(lesson)}
    <details class="teacher">
      <summary>Teacher’s note</summary>
      <p>{escape(lesson.note)}</p>
      <p><b>Ask the class</b> {escape(lesson.question)}</p>
    </details>
  </aside>
</section>
"""


def _words(lesson: Lesson) -> str:
    said = "".join(
        f"<div><dt>{escape(word)}</dt> <dd>{escape(meaning)}</dd></div>"
        for word, meaning in lesson.words.items()
    )
    return f'<dl class="words">{said}</dl>' if said else ""
