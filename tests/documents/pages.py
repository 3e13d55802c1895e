"""The pages that are written for readers, and every command that stands in them."""

from documents.shell_blocks import commands_of_page
from package_facts import ROOT

PAGES = [ROOT / 'README.md', *sorted((ROOT / 'docs').glob('*.md'))]
PAGES += sorted(ROOT.glob('models/*/README.md'))
COMMANDS = sorted({command for page in PAGES for command in commands_of_page(page)})
