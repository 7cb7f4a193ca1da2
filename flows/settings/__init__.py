"""The workspace's settings: `newsletter.toml`, overridden by the environment."""
