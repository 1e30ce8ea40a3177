"""Benchmarks: times as ratios within one run. They assert nothing and print only what was measured."""
