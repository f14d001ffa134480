"""The rules: plain values and functions, without I/O."""
