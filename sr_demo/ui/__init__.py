"""The page: the only place that knows Gradio."""

from sr_demo.ui.page import build, launch_options

__all__ = ["build", "launch_options"]
