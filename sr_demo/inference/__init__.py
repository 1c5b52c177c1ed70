"""Running a network on a whole picture: fast, on any device, in bounded memory."""
