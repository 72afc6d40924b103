"""The applicant among others: who they are, in words and in pictures."""
