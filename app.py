"""The page, where a Hugging Face Space looks for it."""

from aigc_toolkit.demo.__main__ import main

if __name__ == "__main__":
    main()
