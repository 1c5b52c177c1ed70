"""The tab “Models”."""
