"""The cookbook: dishes written for this project, and how they are found for what is in the fridge."""

from itcook.recipes.cookbook.provider import Cookbook

__all__ = ["Cookbook"]
