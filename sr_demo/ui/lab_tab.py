"""The perception–distortion lab: the plane, the blend, the maps."""

import gradio as gr

from sr_demo.ui.session import Shelf


class LabTab:
    """Built inside ``tab``; shows what the page's session has compared."""

    def __init__(self, app: gr.Blocks, tab: gr.Tab, shelf: Shelf):
        self.app, self.shelf = app, shelf
