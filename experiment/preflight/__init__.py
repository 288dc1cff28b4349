"""What is checked before a participant comes: findings, and what to do about each."""
