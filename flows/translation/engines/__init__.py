"""Machine-translation services behind one protocol."""
