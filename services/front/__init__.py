"""front: the one address that a browser talks to. People log in here once; requests are passed on in their name."""
