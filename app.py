"""Start the page: ``python app.py``, here or on Hugging Face Spaces."""

import os
from threading import Thread

from sr_demo.methods import warm_up
from sr_demo.ui import build, launch_options

demo = build()

if __name__ == "__main__":
    Thread(target=warm_up, daemon=True).start()  # while the page is built and opened
    port = os.environ.get("SR_DEMO_PORT")  # else Gradio's own: GRADIO_SERVER_PORT, or 7860
    demo.launch(server_port=int(port) if port else None, **launch_options())
