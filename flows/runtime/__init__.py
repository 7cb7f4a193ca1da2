"""The composition root: from settings to everything that operations need."""
