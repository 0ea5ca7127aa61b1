"""A report as one HTML page: its style, its sections, its figures inline as SVG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from html import escape

from deltarule.diagram import lay_out, svg
from deltarule.diagram.weights import weights_content
from deltarule.health.verdict import Verdict
from deltarule.runs.account import Account

STYLE = """
:root { --ink: #1b1f24; --faint: #5b6570; --line: #d9dee3; --ill: #b3261e; --well: #1a7f37; --ground: #ffffff; }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1.25rem 4rem; max-width: 68rem; color: var(--ink); background: var(--ground);
  font: 16px/1.5 system-ui, "Segoe UI", "Liberation Sans", sans-serif; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 1rem; }
h2 { font-size: 1.15rem; margin: 2.5rem 0 .75rem; padding-top: 1rem; border-top: 1px solid var(--line); }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
td, th { padding: .2rem 1.2rem .2rem 0; text-align: left; vertical-align: top; }
th { font-weight: 600; }
td.number, th.number { text-align: right; }
.scroll, .figures svg { max-width: 100%; }
.scroll { overflow-x: auto; }
.scroll > svg { min-width: min(var(--readable), var(--most)); }
.verdict { border-left: 4px solid var(--ill); padding: .1rem 0 .1rem 1rem; margin: 1rem 0; }
.verdict.well { border-color: var(--well); }
.verdict.follows { border-color: var(--line); }
.verdict h3 { margin: 0; font-size: 1rem; }
.verdict p { margin: .25rem 0; }
.quiet { color: var(--faint); font-size: .9rem; }
.figures { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 27rem), 1fr)); gap: 1.5rem 2rem; }
figure { margin: 0; }
figure svg { display: block; width: 100%; height: auto; }
figcaption { color: var(--faint); font-size: .9rem; }
code, pre { font-family: ui-monospace, "Liberation Mono", monospace; font-size: .9em; }
pre { background: #f5f7f9; padding: .75rem 1rem; overflow-x: auto; }
ol { margin: .25rem 0; padding-left: 1.4rem; }
@media print { body { max-width: none; padding: 0; } figure { break-inside: avoid; } }
"""
MATRICES = 100  # weights up to which the picture of the network lists them as matrices too
READABLE = 0.7  # of its size: a picture of a network that is wider than the page is scrolled rather than shrunk below
MOST_SCREENS = 4


def page(report: Account) -> str:
    """The whole page."""
    network = report.run.network
    content = weights_content(network.sizes, network.W, network.b)
    if network.shape.size > MATRICES:
        content = replace(content, matrices=[])
    picture = lay_out(network.sizes, content)
    drawn, readable = (
        svg(picture),
        f"--readable: {READABLE * picture.width:.0f}px; --most: {MOST_SCREENS * 100}vw",
    )
    parts = [
        f"<h1>{escape(report.headline)}</h1>",
        _pairs(report.summary),
        "<h2>How good it is</h2>" + _table(report.scores) if len(report.scores) > 1 else "",
        f"<p>{escape(report.judgement)}</p>" if report.judgement else "",
        "<h2>Health</h2>" + _health(report),
        "<h2>The network</h2>" + f'<div class="scroll" style="{readable}">{drawn}</div>',
        *(_section(report, title, names) for title, names in report.figures.sections),
        "<h2>To do it again</h2>" + f"<pre>{escape(report.command)}</pre>" + _pairs(report.settings),
        _pairs(
            {
                "Table": f"{report.run.source.path}, {report.run.source.rows:,} rows, SHA-256 "
                f"{report.run.source.fingerprint}"
            }
        ),
        _pairs(dict(report.run.versions)),
        _notes(report.run.notes),
    ]
    body = "\n".join(part for part in parts if part)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        # the page may load nothing at all: not by mistake either
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; style-src '
        "'unsafe-inline'; img-src data:\">\n"
        f'<link rel="icon" href="data:,">\n<title>{escape(report.headline)}</title>\n<style>{STYLE}</style>\n</head>\n'
        f"<body>\n{body}\n</body>\n</html>\n"
    )


def _health(report: Account) -> str:
    diagnosis = report.diagnosis
    well = '<div class="verdict well"><h3>Healthy</h3><p>No fault was found.</p></div>'
    told = [_verdict(v) for v in diagnosis.verdicts] or [well]
    return "\n".join([*(f"<p>{escape(sentence)}</p>" for sentence in diagnosis.remarks), *told])


def _verdict(v: Verdict) -> str:
    when = "" if v.since is None else f", since step {v.since:,}"
    follows = f"; follows from: {escape(v.because.replace('_', ' '))}" if v.because else ""
    evidence = "".join(f"<li>{escape(words)}</li>" for words in v.evidence)
    remedies = ""
    if v.remedies and not v.because:
        items = "".join(
            f"<li><strong>{escape(r.title)}</strong> ({escape(r.kind)}). {escape(r.reason)}</li>"
            for r in v.remedies
        )
        remedies = f"<p>What helps, best first:</p><ol>{items}</ol>"
    return (
        f'<div class="verdict{" follows" if v.because else ""}">'
        f"<h3>{escape(v.name.replace('_', ' ').capitalize())}</h3><p>{escape(v.sentence)}</p>"
        f'<p class="quiet">{escape(str(v.where))}{when}; certainty {v.certainty:.2f}{follows}</p>'
        f'<ul class="quiet">{evidence}</ul>{remedies}</div>'
    )


def _section(report: Account, title: str, names: Sequence[str]) -> str:
    from deltarule.pictures.canvas import svg as as_svg

    captions = report.figures.captions
    figures = "\n".join(
        f'<figure id="{name}">{_described(as_svg(report.figures.draw(name)), captions[name])}'
        f"<figcaption>{escape(captions[name])}</figcaption></figure>"
        for name in names
    )
    return f'<h2>{escape(title)}</h2>\n<div class="figures">{figures}</div>'


def _described(drawn: str, caption: str) -> str:
    """The SVG with a role and a name for those who cannot see it."""
    return drawn.replace("<svg ", f'<svg role="img" aria-label="{escape(caption, quote=True)}" ', 1)


def _pairs(entries: dict[str, str]) -> str:
    rows = "".join(f"<tr><th>{escape(k)}</th><td>{escape(v)}</td></tr>" for k, v in entries.items())
    return f"<table>{rows}</table>" if rows else ""


def _table(lines: Sequence[Sequence[str]]) -> str:
    def row(cells: Sequence[str], tag: str) -> str:
        return (
            "<tr>"
            + "".join(
                f"<{tag}{' class=number' if i > 1 else ''}>{escape(c)}</{tag}>" for i, c in enumerate(cells)
            )
            + "</tr>"
        )

    body = "".join(row(line, "td") for line in lines[1:])
    return f'<div class="scroll"><table>{row(lines[0], "th")}{body}</table></div>'


def _notes(notes: Sequence[str]) -> str:
    items = "".join(f"<li>{escape(note)}</li>" for note in notes)
    return f'<ul class="quiet">{items}</ul>' if items else ""
