"""Adapters to what answers: one file per protocol or runtime, each turning a Request into a Response."""
