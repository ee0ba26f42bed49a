"""The fridge: what a kitchen has to eat and drink, and until when."""
