"""Scripted experts and the datasets they record."""
