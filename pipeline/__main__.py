"""`python -m pipeline` is `flinks-pipeline`."""

from pipeline.cli import main

main(prog_name="flinks-pipeline")
