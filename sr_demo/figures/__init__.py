"""Figures for papers and slides, drawn by Matplotlib."""
