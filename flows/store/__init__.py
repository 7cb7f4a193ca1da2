"""The database: tables, queries and transactions. Nothing else speaks SQL."""
