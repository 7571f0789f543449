"""Everything that may be killed is killed, over and over, while money comes in; afterwards the books must agree."""
