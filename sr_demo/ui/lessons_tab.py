"""Six lessons, one idea each."""

import gradio as gr


class LessonsTab:
    """Built inside ``tab``."""

    def __init__(self, app: gr.Blocks, tab: gr.Tab):
        self.app = app
