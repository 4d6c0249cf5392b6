"""`python -m selfexplain` is the command `selfexplain`."""

from selfexplain.cli import main

if __name__ == "__main__":
    main()
