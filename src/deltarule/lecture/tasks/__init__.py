"""What exercises ask, one kind a file: each makes a task from a level and a random generator."""
