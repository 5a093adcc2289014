"""`python -m academics_app`."""

from academics_app.cli import main

if __name__ == "__main__":
    main(prog_name="python -m academics_app")
