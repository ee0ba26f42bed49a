"""What people want to reach: goals, the progress towards them, and what was achieved."""
