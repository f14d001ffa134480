"""Reads the words in content/: schema, loader, checks, rendering."""
