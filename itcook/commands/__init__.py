"""The commands of `itcook`, a module for each; beside them what they share."""
