"""A Prefect server of the workspace's own: for one run, or for as long as the newsroom is up."""
