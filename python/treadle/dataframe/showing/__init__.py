"""What a frame shows of itself: structure, first rows, plans."""
