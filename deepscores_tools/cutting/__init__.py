"""What is made of a dataset's pages: tiles, patches, masks, and parts for training and test."""
