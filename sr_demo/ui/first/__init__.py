"""The first screen: what a newcomer sees before Gradio's scripts have built the page."""
