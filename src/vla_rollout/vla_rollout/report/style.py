"""What only the page of a report has: its card, its tiles and what shows failures alone."""

STYLE = """
.card { background: var(--raised); border: 1px solid var(--line); border-radius: 8px;
        padding: .6em 1.2em }
.rate { font-size: 1.1em; margin: .4em 0 } .rate strong { font-size: 2em; margin-right: .4em }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(240px, 1fr)); gap: .3em 1.5em;
     margin: .6em 0 } dl > div:last-child { grid-column: 1 / -1 }
dt { color: var(--quiet); font-size: .92em } dd { margin: 0; overflow-wrap: anywhere }
.copied { user-select: all; overflow-wrap: anywhere }
.tiles { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(210px, 45%), 1fr));
         gap: .8em }
.tile { margin: 0; border: 3px solid var(--quiet); border-radius: 6px; overflow: hidden;
        scroll-margin-top: 2em }
.tile.good { border-color: var(--good) } .tile.bad { border-color: var(--bad) }
.tile video { display: block; width: 100% } .tile figcaption { padding: .3em .6em }
.episodes:has(.failed-only:checked) :is(.tile, details):is(.good, .other),
.episodes:has(.failed-only:checked) tr:has(.number:is(.good, .other)) { display: none }
td details { margin: 0 } td summary { white-space: nowrap } td:has(.copied) { max-width: 34em }
@media print { .tiles { grid-template-columns: repeat(3, 1fr) } .tile { break-inside: avoid } }
"""
