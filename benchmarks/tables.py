"""How tables and the figures in them look to people; it must not know what they are about."""

from rich.table import Table


def make_table(title: str, *columns: str) -> Table:
    """An empty table; its first column is text, the others are figures."""
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for i, column in enumerate(columns):
        table.add_column(column, justify="left" if i == 0 else "right", no_wrap=True)
    return table


def thousands(rate: float | None) -> str:
    """A rate, or a dash where there is none."""
    return "-" if rate is None else f"{rate / 1e3:,.0f}"


def times(ratio: float | None) -> str:
    """A ratio, or a dash where there is none."""
    return "-" if ratio is None else f"{ratio:.2f}"
