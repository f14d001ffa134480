"""The project's own benchmarks: `giothong bench …`, each printing one JSON object."""
