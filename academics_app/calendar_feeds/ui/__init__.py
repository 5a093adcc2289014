"""The screen of calendar links."""
