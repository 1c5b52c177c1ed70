"""The page: the only place that knows Gradio."""

from sr_demo.ui.compare.preparing import prepare
from sr_demo.ui.folder import own_folder, swept
from sr_demo.ui.page import build, launch_options
from sr_demo.ui.session import SessionStore

__all__ = ["SessionStore", "build", "launch_options", "own_folder", "prepare", "swept"]
