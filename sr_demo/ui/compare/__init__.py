"""The tab “Compare”."""
