"""The letter that tells an applicant what was decided, and why."""
