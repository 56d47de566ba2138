"""Pages of handwriting as other hands might have written them: more writers to learn from."""
