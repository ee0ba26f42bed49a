"""Kitchens: households whose members share a fridge."""
