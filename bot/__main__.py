"""`python -m bot` is `preload-bot`."""

from bot.cli import main

if __name__ == "__main__":
    main()
