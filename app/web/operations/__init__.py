"""The collections desk: what waits for people, one payment whole, and money on its way back."""
