"""What colleagues write down about a case, beside the reasons that acts carry."""
