"""The newsroom for programs: HTTP and JSON, with tokens, described by an OpenAPI document."""
