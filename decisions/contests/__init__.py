"""The applicant does not agree: their view is recorded, and another person examines the decision again."""
