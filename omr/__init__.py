"""The Deep Watershed Detector: a page of music in, its symbols with class, box and score out."""
