from vla_contract.page.page import facts, Html, stacked_table, table, write_page
from vla_contract.page.testing import faults_of


def test_a_page_has_one_landmark_and_a_dark_side(tmp_path):
    write_page(tmp_path / 'page.html', 'A <b>', [Html('<p>text</p>')])
    page = (tmp_path / 'page.html').read_text()
    assert page.count('<main>') == page.count('</main>') == page.count('<h1>') == 1
    assert '<h1>A &lt;b&gt;</h1>' in page
    assert 'prefers-color-scheme: dark' in page


def test_a_table_scrolls_by_itself_and_has_no_empty_heads():
    found = table(('', 'item'), [('x', 0.5)])
    assert found.startswith('<div class="table" role="region" aria-label="item" tabindex="0">')
    assert '<td></td><th scope="col">item</th>' in found
    assert '<td>0.500</td>' in found
    assert '<th' not in table(('', ''), [('key', 'value')])
    assert table(('a',), []) == '<p>none</p>'


def test_nested_facts_go_by_dotted_names_and_nothing_says_nothing():
    found = facts({'policy': 'act', 'given': {'cell': '', 'task': 'lift <it>'}, 'none': None})
    assert found.count('<tr>') == 2
    assert '<td>given.task</td><td>lift &lt;it&gt;</td>' in found


def test_a_narrow_screen_knows_the_head_of_every_value():
    found = stacked_table(('', 'seed', 'alarms'), [(1, 7, '')])
    assert '<th scope="col">seed</th>' in found
    assert '<tr><td>1</td><td data-head="seed">7</td><td></td></tr>' in found
    assert stacked_table(('a',), []) == '<p>none</p>'


def test_two_tables_of_one_kind_are_told_apart_and_a_long_path_fits_a_phone(tmp_path):
    path = tmp_path / 'page.html'
    rows = [(f'/{"folder/" * 30}name', 1.0)]
    listed = f'<ul><li>{rows[0][0]}</li></ul>'
    write_page(path, 'two tables', [listed, *(table(('file', 'error'), rows) for _ in range(3))])
    shown = path.read_text()
    assert [f'aria-label="file, error{n}"' in shown for n in ('', ', 2', ', 3')] == [True] * 3
    assert faults_of(path) == []
