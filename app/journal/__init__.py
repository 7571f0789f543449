"""Every øre accounted for: double entry, append only."""
