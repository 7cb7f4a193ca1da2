"""Reading the files that cities send, whatever wrote them."""
