"""What the newsroom talks about: values, states and errors, without third parties."""
