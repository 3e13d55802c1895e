"""What system tests, fuzzers, benchmarks and studies share.

Tests find this package because their conftest.py is beside it, scripts by the link `support` in
their folder, processes that they start by `python_path`.
"""
