"""The page without a server: its scripts, and what writes them, models and samples to a folder."""
