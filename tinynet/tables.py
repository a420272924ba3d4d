"""Tables: what prints as text in a terminal shows as a table in a notebook."""

import html


class Table(str):
    """Text in columns, which a notebook shows as a table."""

    columns: list
    left: tuple

    def __new__(cls, columns, left=()):
        """
        columns   lists of texts, the first of each being its head
        left      the numbers of the columns that are aligned on the left
        """
        aligned = []
        for i, cells in enumerate(columns):
            width = max(map(len, cells))
            align = str.ljust if i in left else str.rjust
            aligned.append([align(cell, width) for cell in cells])
        table = super().__new__(cls, "\n".join("  ".join(row).rstrip() for row in zip(*aligned)))
        table.columns, table.left = columns, left
        return table

    __repr__ = str.__str__  # as it prints, also at a prompt

    def __getnewargs__(self):
        return self.columns, self.left  # for copies and pickles

    def _repr_html_(self):
        head, *rows = zip(*self.columns)
        return ("<table><thead>" + self._row(head, "th") + "</thead><tbody>"
                + "".join(self._row(row, "td") for row in rows) + "</tbody></table>")

    def _row(self, cells, tag):
        return "<tr>" + "".join(
            f'<{tag} style="text-align: {"left" if i in self.left else "right"}">'
            f"{html.escape(cell)}</{tag}>" for i, cell in enumerate(cells)) + "</tr>"
