"""Drafts by machine translation: engines, protection of markup, glossary and checks."""
