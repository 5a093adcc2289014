"""Screens of faculty members."""
