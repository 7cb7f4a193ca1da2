"""The `newsletter` command. Heavy imports wait inside the commands."""
