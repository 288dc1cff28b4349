"""What the page says: the table of figures, the state of the version, messages."""

import math
from html import escape

from manipulation.interactive.outcome import FULL, PREVIEW, SAVED, Change, Outcome
from manipulation.interactive.session import Session

_STAGES = {
    PREVIEW: ("Preview", "The search has made one step; the full version follows in seconds."),
    FULL: ("Full version", "As saving would make it."),
    SAVED: ("In the study", "From the study's files."),
}


def _row(change: Change, digits: int, aim: bool) -> str:
    name = escape(change.name) + (' <span class="tag">aim</span>' if aim else "")
    moved = change.predicted_change
    asked = change.asked_change
    rounded = abs(moved) < 0.5 * 10**-digits
    kind = "still" if rounded or asked == 0 else "with" if moved * asked > 0 else "against"
    return (
        f'<tr><th scope="row">{name}</th><td>{change.original:.{digits}f}</td>'
        f"<td>{asked:+.{digits}f}</td>"
        f'<td class="{kind}">{moved:+.{digits}f}</td></tr>'
    )


def figures_html(outcome: Outcome, second_opinion: str) -> str:
    """Return the figures of a version as a table."""
    rows = "".join(_row(change, 3, number == 0) for number, change in enumerate(outcome.objects))
    entropy = _row(outcome.entropy, 2, not outcome.objects)
    head = (
        '<tr><th scope="col">{}</th><th scope="col">original</th>'
        '<th scope="col">asked</th><th scope="col">predicted</th></tr>'
    )
    parts = ['<table class="figures"><caption>Predicted change</caption>']
    if rows:
        parts += ["<thead>", head.format("p<sub>obj</sub>"), "</thead><tbody>", rows, "</tbody>"]
        parts += ["<tbody>", entropy, "</tbody>"]
    else:
        parts += ["<thead>", head.format(""), "</thead><tbody>", entropy, "</tbody>"]
    parts.append("</table>")
    parts.append(_second(outcome, second_opinion))
    told = outcome.prognosis
    psnr = "the same image" if math.isinf(told.psnr_db) else f"{told.psnr_db:.1f} dB"
    parts.append(
        '<dl class="figures"><div><dt>PSNR against the original</dt>'
        f"<dd>{psnr}</dd></div><div><dt>Newly clipped values</dt>"
        f"<dd>{told.clipped:.2%}</dd></div></dl>"
    )
    return "".join(parts)


def _second(outcome: Outcome, name: str) -> str:
    told = outcome.prognosis
    if told.second_change is None:
        return '<p class="second">No second opinion: manipulation.second_opinion is none.</p>'
    digits = 3 if outcome.objects else 2
    transfer = "-" if told.transfer is None else f"{told.transfer:.0%}"
    if told.agrees is None:
        verdict, kind = "no change to judge", "still"
    elif told.agrees:
        verdict, kind = "same direction", "with"
    else:
        verdict, kind = "opposite direction", "against"
    return (
        f'<dl class="figures"><div><dt>Second opinion ({escape(name)}), aim</dt>'
        f"<dd>{told.second_change:+.{digits}f}</dd></div><div><dt>Transfer</dt>"
        f'<dd>{transfer} <span class="{kind}">{verdict}</span></dd></div></dl>'
    )


def state_html(session: Session, outcome: Outcome) -> str:
    """Return what the version is: a preview, in full, or saved; and what to mind."""
    name, means = _STAGES[outcome.stage]
    if outcome.stage == SAVED:
        chip = f'<span class="chip saved">{name}</span>{means}'
    elif session.unsaved:
        chip = f'<span class="chip {outcome.stage}">{name}, not saved</span>{means}'
    else:
        chip = f'<span class="chip {outcome.stage}">{name}</span>{means}'
        chip += " The files of this version are not made yet; save makes them."
    if outcome.stage == PREVIEW:
        chip += '<span class="busy" role="img" aria-label="working"></span>'
    notes = []
    if outcome.asks_the_opposite:
        notes.append(
            f"This is the version to {outcome.direction} {escape(outcome.aim.name)}, and its "
            f"target does the opposite."
        )
    if others := [f"{escape(s)} {d}" for s, d in session.unsaved_places
                  if (s, d) != (session.source_id, session.direction)]:  # fmt: skip
        notes.append(f"Not saved either: {', '.join(others)}.")
    return "".join(f'<p class="state">{text}</p>' for text in (chip, *notes))


def nothing_html() -> str:
    """Return the state of a version that cannot be made."""
    return '<p class="state"><span class="chip">Nothing to make</span></p>'


def message_html(text: str, kind: str = "done") -> str:
    """Return a message; `kind` is ``done``, ``wrong`` or ``working``."""
    role = "alert" if kind == "wrong" else "status"
    return f'<p class="message {kind}" role="{role}">{escape(text)}</p>' if text else ""


def progress_html(done: int, total: int, what: str) -> str:
    """Return how far a save is."""
    return (
        f'<p class="message working" role="status">{escape(what)} '
        f'<progress max="{total + 1}" value="{done}" aria-label="progress of saving"></progress>'
        f"</p>"
    )
