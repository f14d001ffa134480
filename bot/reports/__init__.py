"""Figures and the documents made from them."""
