"""Talking to Prefect without importing it: its environment, and its REST interface."""
