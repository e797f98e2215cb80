"""What the triggers cost, as ratios to the same work without them; see `make bench`."""
