"""Argos Translate's models on this machine, in a process of their own: no text leaves the house."""
