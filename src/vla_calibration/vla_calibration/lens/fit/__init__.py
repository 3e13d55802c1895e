"""Fitting lens models to detected corners."""
