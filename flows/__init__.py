"""The Efus newsletter: a French article, reviewed in every language, in the right inboxes."""

__version__ = "0.1.0"
