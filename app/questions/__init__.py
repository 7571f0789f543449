"""Questions about bills: what a citizen asked, who answers it and by when, and what was answered."""
