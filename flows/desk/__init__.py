"""The web pages: so far the public ones that letters link to."""
