"""Articles: their Markdown, segments, catalogues, and rendering to HTML and text."""
