"""The peers that benchmarks start beside cpal."""
