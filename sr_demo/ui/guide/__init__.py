"""The head of the page, and what helps a newcomer: a short tour, and a “why?” at each number."""
