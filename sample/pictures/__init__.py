"""The sample newsroom's pictures: one module per print, all on the same sheet and inks."""
