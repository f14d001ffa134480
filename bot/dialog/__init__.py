"""The conversation as a pure function: respond(talk, update) -> Turn."""
