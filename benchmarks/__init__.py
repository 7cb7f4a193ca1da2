"""The hot paths, measured beside what people write."""
