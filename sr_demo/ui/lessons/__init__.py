"""The lessons as the page shows them: texts, templates, and what their scripts ask Python for."""
