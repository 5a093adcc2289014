"""Statements of the feature, by what they are about."""
