"""The auditor's area: questions to the decisions, what went against the advice, exports that prove themselves."""
