"""Everything that learns: data, losses, steps, runs, validation. The recipes are in ``train/``."""
