"""Recipes: written by people or made for them, searched, kept and rated."""
