"""Articles that arrive as files: saved pages, Word documents, exports of WordPress, texts."""
