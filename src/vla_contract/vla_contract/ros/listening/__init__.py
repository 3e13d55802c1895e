"""Subscriptions that hear publishers of every quality of service, bounded in rate."""
