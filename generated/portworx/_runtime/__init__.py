"""What generated packages stand on: copied into each of them, standard library only."""
