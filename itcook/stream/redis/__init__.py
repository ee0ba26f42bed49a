"""What nodes tell each other, and know together, by way of Redis."""
