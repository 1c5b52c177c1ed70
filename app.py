"""Start the page: ``python app.py``, here or on Hugging Face Spaces."""

from sr_demo.cli.demo import serve

if __name__ == "__main__":
    serve()
