"""Workers that are killed, stopped and misled while events flow; then every result is held against the oracle."""
