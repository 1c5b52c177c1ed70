"""What the built site has otherwise than the documents: links out of docs/, and no other hosts."""

import re
from typing import Any

_OUTWARD = re.compile(r"\]\(\.\./([^)]+)\)")
_NOTEBOOK = re.compile(r"(\[[^]]+\])\((tutorial\.ipynb)\)")
_GITHUB = "https://github.com/"  # from where Colab opens notebooks


def on_page_markdown(markdown: str, *, page: Any, config: Any, files: Any) -> str:
    """Called by MkDocs with each page before it is rendered."""
    repository = config.repo_url.rstrip("/")
    files_at = f"{repository}/blob/main"
    linked = rf"\1({files_at}/docs/\2)"
    if repository.startswith(_GITHUB):
        colab = repository.replace(_GITHUB, "https://colab.research.google.com/github/")
        linked += rf" ([Open in Colab]({colab}/blob/main/docs/\2))"
    markdown = _NOTEBOOK.sub(linked, markdown)
    return _OUTWARD.sub(rf"]({files_at}/\1)", markdown)


def on_page_content(html: str, *, page: Any, config: Any, files: Any) -> str:
    """Called with each page's HTML: docstrings name functions as Sphinx does."""
    return re.sub(r":(?:mod|func|class):", "", html)


def on_post_page(output: str, *, page: Any, config: Any) -> str:
    """Called with each finished page: it takes no script from elsewhere, and works offline."""
    own = "../" * page.url.count("/") + "assets/iframe-worker.js"
    return output.replace("https://unpkg.com/iframe-worker/shim", own)
