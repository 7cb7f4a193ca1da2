"""What can be wrong with a translated segment, found without understanding it."""
