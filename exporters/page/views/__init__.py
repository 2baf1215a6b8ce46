"""Each part of the page as values that a template only has to place; they ask nobody, and know no HTML."""
