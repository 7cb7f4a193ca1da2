"""What people have approved before, found again: units, their index, and their exchange as TMX."""
