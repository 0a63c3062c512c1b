"""What elements are called and how they are typed in Python."""
