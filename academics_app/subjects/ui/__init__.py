"""Screens of subjects and their topics."""
