"""What nodes tell each other by way of the PostgreSQL that they share, where there is no Redis."""
