"""The language municipal finance systems speak (SF1590, FK-ØKO), pure: texts in, values out, and back."""
