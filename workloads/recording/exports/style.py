"""The style sheet of the page: colours of the screen's two themes, chosen by what the reader's system prefers."""

from __future__ import annotations

_LIGHT = """
  --page: #f7f5f0; --paper: #fffdf8; --text: #23282e; --muted: #68707a; --line: #dcd6c8; --accent: #1b6a8f;
  --good: #2b7a3f; --warn: #b26a00; --send: #7a3fb3; --bad: #b3273e; --calm: #8a94a0; --pale: #d5cfbf; --run: #5b8fb0;
"""
_DARK = """
  --page: #12161c; --paper: #181d25; --text: #d5dbe3; --muted: #8b95a3; --line: #2c3542; --accent: #6fb3d2;
  --good: #6db573; --warn: #dba75c; --send: #b996e8; --bad: #e2707e; --calm: #748092; --pale: #39434f; --run: #4d7f9c;
"""
_RULES = """
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1.5rem 3rem; max-width: 82rem; background: var(--page); color: var(--text);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 .25rem; overflow-wrap: anywhere; }
h2 { font-size: 1.05rem; margin: 2.2rem 0 .6rem; }
p { margin: .3rem 0; }
code, .mono { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace;
  font-size: .92em;
  overflow-wrap: anywhere; }
h1.mono { font-size: 1.35rem; }
.card + .card { margin-top: .8rem; }
.card p.muted { margin: 1.1rem 0 .3rem; font-size: .85rem; }
.outcome { font-size: 1.05rem; }
.muted, .muted code { color: var(--muted); }
.alarm { border-left: 4px solid var(--bad); padding: .4rem .8rem; margin: 1rem 0; background: var(--paper); }
.card { background: var(--paper); border: 1px solid var(--line); border-radius: 8px; padding: .9rem;
  overflow-x: auto; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; margin: 1rem 0 0; }
dt { color: var(--muted); } dd { margin: 0; }
.legend { display: flex; flex-wrap: wrap; gap: .25rem 1.1rem; margin: 0 0 .7rem; padding: 0; list-style: none;
  font-size: .85rem; }
.legend li { display: flex; align-items: center; gap: .4rem; }
.card svg { display: block; max-width: 100%; height: auto; min-width: 46rem; }
.legend svg { min-width: 0; } svg.defs { position: absolute; }
table { border-collapse: collapse; font-size: .84rem; font-variant-numeric: tabular-nums; width: 100%; }
th { text-align: right; font-weight: 600; color: var(--muted); border-bottom: 1px solid var(--line);
  white-space: nowrap; }
td { text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; }
th, td { padding: .22rem .4rem; } th.left, td.left { text-align: left; }
td.wide { white-space: normal; min-width: 16rem; }
tr.sum td { font-weight: 600; border-bottom: 0; } td.zero { color: var(--calm); }
ul.notes { margin: 0; padding-left: 1.2rem; }
footer { margin-top: 2.5rem; color: var(--muted); font-size: .85rem; }
svg text { fill: var(--text); font: 12px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono",
  monospace; }
svg .small { font-size: 9px; } svg .tiny { font-size: 6px; }
svg .name { text-anchor: end; } svg .tick { text-anchor: middle; fill: var(--muted); font-size: 11px; }
svg .muted { fill: var(--muted); } svg .bad { fill: var(--bad); }
.grid { stroke: var(--line); fill: none; shape-rendering: crispEdges; }
.computing { fill: var(--good); } .mixed { opacity: .62; }
.waiting { fill: var(--warn); opacity: .55; } .running { fill: var(--run); }
.receiving { fill: url(#p-receiving); } .sending { fill: url(#p-sending); } .starting { fill: url(#p-starting); }
.stopping { fill: url(#p-stopping); } .blocked { fill: url(#p-blocked); } .idle { fill: url(#p-idle); }
.p-back { fill: var(--paper); }
.p-line-receiving { stroke: var(--warn); stroke-width: 2.2; fill: none; }
.p-line-sending { stroke: var(--send); stroke-width: 2.2; fill: none; }
.p-line-starting { stroke: var(--calm); stroke-width: 1.6; fill: none; }
.p-line-stopping { stroke: var(--calm); stroke-width: 1.2; fill: none; }
.p-line-blocked { stroke: var(--calm); stroke-width: 6; fill: none; }
.p-line-idle { stroke: var(--calm); stroke-width: 4; fill: none; }
.failed { fill: var(--bad); stroke: var(--paper); stroke-width: .7; }
.cross { stroke: var(--bad); stroke-width: 2.4; fill: none; }
.end { stroke: var(--calm); stroke-width: 1.5; fill: none; }
.stall { fill: var(--warn); opacity: .16; }
.whisker { stroke: var(--text); stroke-width: 1.6; fill: none; } .dot { fill: var(--muted); opacity: .7; }
pre { margin: 0; overflow-x: auto; }
.user { fill: var(--good); } .system { fill: var(--warn); } .steal { fill: var(--bad); }
.busy1, .busy2, .busy3, .busy4, .busy5 { fill: var(--good); }
.busy1 { opacity: .2; } .busy2 { opacity: .4; } .busy3 { opacity: .6; } .busy4 { opacity: .8; }
"""
STYLE = (
    f"\n:root {{ color-scheme: light dark; {_LIGHT}}}\n"
    f"@media (prefers-color-scheme: dark) {{ :root {{ {_DARK}}} }}\n"
    f"@media print {{ :root {{ {_LIGHT}  --page: #fff; --paper: #fff; }} }}"
    f"{_RULES}"
)
"""For the ``style`` element of the page."""
