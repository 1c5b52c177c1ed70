"""The tab “Lab”."""
