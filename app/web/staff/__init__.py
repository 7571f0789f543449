"""The doors of the municipality's own people: the front page of the desks, and the library desk."""
