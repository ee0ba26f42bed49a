"""What people are told: their inbox, what they do not want to hear, and word from who runs the service."""
