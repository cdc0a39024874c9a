"""The one set of sample pages that demo, tests and benches use."""
