"""The contract as documents, made from the code: `python -m openapi.generate`."""
