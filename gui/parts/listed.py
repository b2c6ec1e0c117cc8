"""A table model over rows that came whole with another answer: a case's packages, an incident's history. Nothing is asked for."""

from __future__ import annotations

from collections.abc import Sequence

from gui.parts.paged import PAGE, PagedModel, Row


class ListedModel(PagedModel):
    """Rows that are all there."""

    def show_rows(self, rows: Sequence[Row]) -> None:
        """Show these, and no others."""
        self.beginResetModel()
        self._forget()
        for number in range(0, len(rows), PAGE):
            self._pages[number // PAGE] = list(rows[number : number + PAGE])
        self._total, self.count_known = len(rows), True
        self.endResetModel()

    def rows(self) -> list[Row]:
        """All of them, in their order."""
        return [row for number in sorted(self._pages) for row in self._pages[number]]

    def reload(self) -> None:
        """Whoever has the answer shows them anew."""
