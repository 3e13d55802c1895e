"""The drawings of a report, as SVG in the colours of its page."""
