"""What the built documentation links to, before and after the repository has a public address."""

from types import SimpleNamespace

import pytest

from docs import hooks

LINE = "The [tutorial notebook](tutorial.ipynb) and the [recipes](../train)."


def shown(repository: str) -> str:
    config = SimpleNamespace(repo_url=repository)
    return hooks.on_page_markdown(LINE, page=None, config=config, files=None)


@pytest.mark.parametrize("end", ["", "/"])
def test_what_is_outside_the_documents_is_linked_in_the_repository(end: str) -> None:
    home = "https://code.test/a/b"
    assert shown(home + end) == (
        f"The [tutorial notebook]({home}/blob/main/docs/tutorial.ipynb) "
        f"and the [recipes]({home}/blob/main/train)."
    )


def test_where_colab_finds_the_notebook_it_opens_there() -> None:
    colab = "https://colab.research.google.com/github/a/b/blob/main/docs/tutorial.ipynb"
    assert f" ([Open in Colab]({colab})) and the [recipes]" in shown("https://github.com/a/b")
