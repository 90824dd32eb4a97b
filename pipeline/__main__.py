"""`python -m pipeline` is `flinks-pipeline`."""

import sys


def run() -> None:
    """Run a command; Ctrl-C ends it in silence, even while it is still being loaded."""
    try:
        from pipeline.cli import main
    except KeyboardInterrupt:
        sys.exit(130)  # as in `pipeline.cli.command`, which is not there yet
    main(prog_name="flinks-pipeline")


if __name__ == "__main__":
    run()
