"""Work for people: what no machine may decide, with its reason, its next step, its owner and its history."""
