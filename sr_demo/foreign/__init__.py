"""Anybody's model: files of weights that this project did not write, as methods like its own."""
