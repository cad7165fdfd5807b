"""What stops the demo."""


class DemoError(Exception):
    """The demo cannot begin or go on: one line that says why and what to do."""
