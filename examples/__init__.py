"""Short programs for those who build on Đúng Hẹn."""
