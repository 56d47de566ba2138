"""Ground truth for optical music recognition: engrave it, read and write it, degrade it, cut it."""
