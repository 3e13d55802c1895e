"""The checklist before a deployment: measured where software can, asked where it cannot."""
