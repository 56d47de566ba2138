"""The `omr` command: thin click commands over the typed functions of omr and deepscores_tools."""
