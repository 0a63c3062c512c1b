"""The backup API of proto/ as a complete service on SQLite."""
