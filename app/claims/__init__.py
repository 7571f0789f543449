"""The register of what is owed."""
