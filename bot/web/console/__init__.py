"""The staff's console: people who wait, drives, registrations."""
