"""Start the page: ``python app.py``, here or on Hugging Face Spaces."""

import os

from sr_demo.ui import build, launch_options

demo = build()

if __name__ == "__main__":
    port = os.environ.get("SR_DEMO_PORT")  # else Gradio's own: GRADIO_SERVER_PORT, or 7860
    demo.launch(server_port=int(port) if port else None, **launch_options())
