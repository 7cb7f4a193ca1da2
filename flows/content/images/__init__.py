"""Pictures: found beside an article, judged, made small, and kept by their bytes."""
