"""Scores of pictures, one file a metric."""
