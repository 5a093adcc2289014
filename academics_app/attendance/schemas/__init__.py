"""What goes in and out of the feature, by what it is about."""
