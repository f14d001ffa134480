"""Vietnamese as people type it: folding, answers, intents, urgent words. Pure."""
