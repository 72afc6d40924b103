"""Credit scoring in pure Python: contract, features, training, bundles, contributions, metrics."""
