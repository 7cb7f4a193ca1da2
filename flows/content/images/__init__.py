"""Pictures: found beside an article, judged, made small, and kept by what they were made from."""
