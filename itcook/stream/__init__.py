"""The event stream, from the row beside its cause to the bytes on their way out."""
