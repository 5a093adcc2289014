"""The first screens: the admin's overview, the student's and guardian's home, and the way there from `/`."""
