"""All that a decision was made on, in one signed document that proves itself."""
