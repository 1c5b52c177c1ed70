"""The numbers and pictures behind the lessons; no Gradio here."""
