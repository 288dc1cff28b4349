"""The looks of the report: one column, booktabs tables, nothing that needs a network."""

STYLE = """\
:root { color: #222; background: #fff; font: 16px/1.5 Charter, Georgia, "Times New Roman", serif; }
body { margin: 0; }
main { max-width: 68rem; margin: 0 auto; padding: 2.5rem 1.5rem 5rem; }
h1 { font-size: 2rem; line-height: 1.2; margin: 0 0 .3rem; }
h2 { font-size: 1.3rem; margin: 2.8rem 0 .8rem; padding-bottom: .25rem;
  border-bottom: 1px solid #ccc; }
h3 { font-size: 1.05rem; margin: 0 0 .4rem; }
h3 span { color: #777; font-weight: normal; }
p, li { max-width: 46rem; }
.subtitle { color: #555; margin: 0; }
.banner { margin: 1.4rem 0 0; padding: .8rem 1rem; max-width: none; color: #6b3a00;
  background: #fff3d6;
  border: 1px solid #e4b454; border-left-width: 6px; }
.sentences { padding-left: 1.1rem; }
.sentences li { margin: .35rem 0; }
figure { margin: 1.6rem 0; }
figure img { max-width: 100%; height: auto; }
figure.wide img { width: 46rem; }
figcaption, .note { color: #555; font-size: .88rem; max-width: 46rem; }
.scroll { overflow-x: auto; }
table.data { border-collapse: collapse; font-size: .8rem; border-top: 2px solid #222;
  border-bottom: 2px solid #222;
  margin: .8rem 0; font-variant-numeric: tabular-nums; }
table.data th, table.data td { padding: .22rem .55rem .22rem 0; text-align: left;
  white-space: nowrap; }
table.data thead th { border-bottom: 1px solid #222; font-weight: 600; vertical-align: bottom; }
table.data .number { text-align: right; }
.panel { margin: 1.8rem 0 2.4rem; break-inside: avoid; }
table.tiles { border-collapse: collapse; font-size: .82rem; width: 100%; table-layout: fixed; }
table.tiles th { font-weight: 600; padding: 0 .4rem .2rem 0; text-align: left; }
table.tiles tr > th:first-child { width: 1.6rem; }
table.tiles th[scope=row] { writing-mode: vertical-rl; transform: rotate(180deg);
  text-align: center; padding: 0; color: #555; }
table.tiles td { padding: 0 .4rem .55rem 0; vertical-align: top; }
table.tiles img { display: block; width: 100%; height: auto; }
table.tiles div { color: #444; padding-top: .15rem; line-height: 1.35;
  font-variant-numeric: tabular-nums; }
.increase { color: #c1502e; }
.decrease { color: #2b6c99; }
details summary { cursor: pointer; color: #555; }
@media print { main { max-width: none; } details { display: block; } }
"""
