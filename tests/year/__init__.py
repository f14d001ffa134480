"""A year of one OA: the real parts of the program on strict platforms, in virtual time."""
