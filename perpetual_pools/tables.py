"""Tables for terminals, all of one look."""

from rich import box
from rich.console import Console
from rich.table import Table


def new_table(title: str, *headings: str) -> Table:
    """Without rows. The first column is of words, the others are of numbers and stand right."""
    table = Table(title=title, box=box.SIMPLE_HEAD, title_style="bold", title_justify="left", pad_edge=False)
    for number, heading in enumerate(headings):
        table.add_column(heading, justify="right" if number else "left", no_wrap=True)
    return table


def print_whole(console: Console, table: Table) -> None:
    """Wider than the console rather than with numbers cut off."""
    width = console.width
    console.width = max(width, console.measure(table, options=console.options.update(max_width=1_000)).maximum)
    console.print(table)
    console.width = width
