"""The verbs that flows, desk and commands share; their collaborators are arguments."""
