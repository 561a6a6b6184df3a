"""The demo: a month and a half of an invented province, with checks that can fail."""
