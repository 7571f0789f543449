"""What the citizen is told outside the portal: receipts by e-mail."""
