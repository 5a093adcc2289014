"""How fast the product is, on a large institute, beside the floor that its own SQL sets."""
