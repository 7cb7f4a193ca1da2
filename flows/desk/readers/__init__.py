"""The public pages: what a reader of the letters, or whoever wants to be one, can see and do."""
