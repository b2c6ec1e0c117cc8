"""The style sheet of the window, made from the colours and the scale. Widgets say what they are by the property ``kind``.

Kinds: ``title``, ``heading``, ``muted``, ``fixed`` of labels; ``primary``, ``danger``, ``flat``, ``touch``, ``chip`` of buttons; ``card``, ``bar``,
``side`` of frames; and of either ``tone``: ``good``, ``warn``, ``bad``, ``info``, ``quiet``.
"""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from gui.theme import TONES, Theme


def kind(widget: QWidget, name: str, tone: str | None = None) -> None:
    """Say what a widget is; it is drawn anew where that changed."""
    if widget.property("kind") == name and widget.property("tone") == tone:
        return
    widget.setProperty("kind", name)
    widget.setProperty("tone", tone)
    style = widget.style()
    style.unpolish(widget)
    style.polish(widget)


def sheet(theme: Theme) -> str:
    """The style sheet."""
    c, px = theme.tokens, theme.px
    tones = "".join(
        f"""
QLabel[tone="{tone}"], QPushButton[kind="flat"][tone="{tone}"] {{ color: {getattr(c, tone)}; }}
*[kind="chip"][tone="{tone}"], *[kind="banner"][tone="{tone}"] {{
  background: {getattr(c, f"{tone}_solid")}; color: {getattr(c, f"on_{tone}")}; border-color: {getattr(c, f"{tone}_solid")}; }}
QFrame[kind="banner"][tone="{tone}"] QLabel {{ color: {getattr(c, f"on_{tone}")}; background: transparent; }}
"""
        for tone in TONES
        if tone != "quiet"
    )
    return f"""
QWidget {{ color: {c.text}; }}
QMainWindow, QDialog, QWidget[kind="page"] {{ background: {c.ground}; }}
QToolTip {{ background: {c.raised}; color: {c.text}; border: 1px solid {c.line}; padding: {px(4)}px; }}
QLabel {{ background: transparent; }}
QLabel[kind="title"] {{ font-size: {px(22)}px; font-weight: bold; }}
QLabel[kind="heading"] {{ font-size: {px(16)}px; font-weight: bold; }}
QLabel[kind="muted"] {{ color: {c.muted}; }}
QLabel[kind="fixed"] {{ font-family: "DejaVu Sans Mono"; }}
QLabel[kind="chip"], QPushButton[kind="chip"] {{
  background: {c.quiet_solid}; color: {c.on_quiet}; border: {px(1)}px solid {c.line};
  border-radius: {px(11)}px; padding: {px(2)}px {px(10)}px; min-height: {px(20)}px; }}
QPushButton[kind="chip"]:checked {{ background: {c.accent_solid}; color: {c.on_accent}; border-color: {c.accent_solid}; }}
QFrame[kind="card"] {{ background: {c.surface}; border: {px(1)}px solid {c.faint}; border-radius: {px(8)}px; }}
QFrame[kind="bar"] {{ background: {c.surface}; border: none; border-bottom: {px(1)}px solid {c.faint}; }}
QFrame[kind="side"] {{ background: {c.surface}; border: none; border-right: {px(1)}px solid {c.faint}; }}
QFrame[kind="banner"] {{ background: {c.raised}; border: none; }}
QFrame[kind="line"] {{ background: {c.faint}; border: none; max-height: {px(1)}px; }}

QPushButton, QToolButton {{
  background: {c.raised}; color: {c.text}; border: {px(1)}px solid {c.line}; border-radius: {px(6)}px;
  padding: {px(5)}px {px(14)}px; min-height: {px(22)}px; }}
QToolButton {{ padding: {px(5)}px; }}
QPushButton:hover, QToolButton:hover {{ border-color: {c.accent}; }}
QPushButton:pressed, QToolButton:pressed {{ background: {c.faint}; }}
QPushButton:disabled, QToolButton:disabled {{ color: {c.muted}; border-color: {c.faint}; }}
QPushButton[kind="primary"] {{ background: {c.accent_solid}; color: {c.on_accent}; border-color: {c.accent_solid}; font-weight: bold; }}
QPushButton[kind="primary"]:disabled {{ background: {c.raised}; color: {c.muted}; border-color: {c.faint}; }}
QPushButton[kind="danger"] {{ background: {c.bad_solid}; color: {c.on_bad}; border-color: {c.bad_solid}; font-weight: bold; }}
QPushButton[kind="danger"]:disabled {{ background: {c.raised}; color: {c.muted}; border-color: {c.faint}; }}
QPushButton[kind="flat"], QToolButton[kind="flat"] {{ background: transparent; border-color: transparent; }}
QPushButton[kind="touch"] {{ font-size: {px(20)}px; min-height: {px(58)}px; border-radius: {px(10)}px; padding: {px(4)}px {px(22)}px; }}
QPushButton[kind="touch-primary"] {{ font-size: {px(20)}px; min-height: {px(58)}px; border-radius: {px(10)}px; padding: {px(4)}px {px(22)}px;
  background: {c.accent_solid}; color: {c.on_accent}; border-color: {c.accent_solid}; font-weight: bold; }}
QPushButton[kind="touch-primary"]:disabled {{ background: {c.raised}; color: {c.muted}; border-color: {c.faint}; }}
QPushButton[kind="nav"] {{ text-align: left; background: transparent; border-color: transparent; padding: {px(6)}px {px(10)}px; }}
QPushButton[kind="nav"]:hover {{ background: {c.raised}; }}
QPushButton[kind="nav"]:checked {{ background: {c.chosen}; color: {c.on_chosen}; font-weight: bold; }}
QPushButton:focus, QToolButton:focus, QPushButton[kind="nav"]:focus, QPushButton[kind="flat"]:focus, QPushButton[kind="primary"]:focus,
QPushButton[kind="danger"]:focus, QPushButton[kind="touch"]:focus, QPushButton[kind="touch-primary"]:focus, QPushButton[kind="chip"]:focus,
QLineEdit:focus, QPlainTextEdit:focus, QTextEdit:focus, QComboBox:focus, QSpinBox:focus, QDateTimeEdit:focus, QAbstractItemView:focus
  {{ border: {px(2)}px solid {c.focus}; }}
QPushButton[kind="primary"]:focus, QPushButton[kind="danger"]:focus, QPushButton[kind="touch-primary"]:focus {{ border-color: {c.text}; }}

QLineEdit, QPlainTextEdit, QTextEdit, QComboBox, QSpinBox, QDateTimeEdit, QDateEdit, QTimeEdit {{
  background: {c.surface}; color: {c.text}; border: {px(1)}px solid {c.line}; border-radius: {px(6)}px;
  padding: {px(4)}px {px(8)}px; min-height: {px(22)}px; selection-background-color: {c.chosen}; selection-color: {c.on_chosen}; }}
QLineEdit[kind="touch"] {{ font-size: {px(26)}px; min-height: {px(52)}px; }}
QLineEdit[wrong="true"] {{ border-color: {c.bad}; }}
QComboBox::drop-down {{ border: none; width: {px(20)}px; }}
QComboBox QAbstractItemView {{ background: {c.surface}; color: {c.text}; selection-background-color: {c.chosen}; selection-color: {c.on_chosen}; }}
QCheckBox, QRadioButton {{ background: transparent; spacing: {px(8)}px; min-height: {px(24)}px; }}
QCheckBox:focus, QRadioButton:focus {{ color: {c.accent}; text-decoration: underline; }}
QCheckBox::indicator, QRadioButton::indicator {{ width: {px(16)}px; height: {px(16)}px; border: {px(1)}px solid {c.line}; background: {c.surface}; }}
QCheckBox::indicator {{ border-radius: {px(3)}px; }}
QRadioButton::indicator {{ border-radius: {px(8)}px; }}
QCheckBox::indicator:checked, QRadioButton::indicator:checked {{ background: {c.accent_solid}; border: {px(4)}px solid {c.surface}; outline: none; }}

QAbstractItemView {{ background: {c.surface}; alternate-background-color: {c.surface}; color: {c.text}; border: {px(1)}px solid {c.faint};
  gridline-color: {c.faint}; selection-background-color: {c.chosen}; selection-color: {c.on_chosen}; outline: none; }}
QHeaderView::section {{ background: {c.raised}; color: {c.text}; border: none; border-right: {px(1)}px solid {c.faint};
  border-bottom: {px(1)}px solid {c.line}; padding: {px(4)}px {px(8)}px; font-weight: bold; }}
QTableCornerButton::section {{ background: {c.raised}; border: none; }}
QTabWidget::pane {{ border: {px(1)}px solid {c.faint}; }}
QTabBar::tab {{ background: {c.raised}; color: {c.text}; padding: {px(6)}px {px(14)}px; border: {px(1)}px solid {c.faint}; }}
QTabBar::tab:selected {{ background: {c.surface}; border-bottom: {px(3)}px solid {c.accent}; font-weight: bold; }}
QTabBar::tab:focus {{ border: {px(2)}px solid {c.focus}; }}
QMenuBar {{ background: {c.surface}; color: {c.text}; }}
QMenuBar::item {{ padding: {px(4)}px {px(10)}px; background: transparent; }}
QMenuBar::item:selected, QMenu::item:selected {{ background: {c.chosen}; color: {c.on_chosen}; }}
QMenu {{ background: {c.surface}; color: {c.text}; border: {px(1)}px solid {c.line}; }}
QMenu::item {{ padding: {px(5)}px {px(24)}px; }}
QMenu::item:disabled {{ color: {c.muted}; }}
QMenu::separator {{ height: {px(1)}px; background: {c.faint}; margin: {px(4)}px; }}
QProgressBar {{ background: {c.raised}; color: {c.text}; border: {px(1)}px solid {c.line}; border-radius: {px(6)}px; text-align: center; min-height: {px(18)}px; }}
QProgressBar::chunk {{ background: {c.accent_solid}; border-radius: {px(5)}px; }}
QScrollArea, QScrollArea > QWidget > QWidget[kind="scrolled"] {{ background: transparent; border: none; }}
QScrollBar:vertical {{ background: {c.ground}; width: {px(14)}px; margin: 0; }}
QScrollBar:horizontal {{ background: {c.ground}; height: {px(14)}px; margin: 0; }}
QScrollBar::handle {{ background: {c.line}; border-radius: {px(5)}px; min-height: {px(30)}px; min-width: {px(30)}px; margin: {px(2)}px; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QSplitter::handle {{ background: {c.faint}; }}
{tones}
"""
