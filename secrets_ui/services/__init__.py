"""Verbs: what a person can do here, one file for each job.

Services introduce AWS, models and domain to each other.
"""
