"""Pure values that all rooms share. Imports nothing of ours, touches nothing outside the process."""
