from xml.etree import ElementTree

from matplotlib.figure import Figure
from vla_contract.page.page import drawing
from vla_contract.page.svg import BAD, svg_of


def _svg(label='joint', colour=BAD):
    figure = Figure(figsize=(3, 2))
    axes = figure.add_subplot()
    axes.plot([0, 1, 2], [0.123, 0.5, 0.25], color=colour)
    axes.set_xlabel(label, parse_math=False)
    return svg_of(figure)


def test_it_is_one_element_in_the_colours_of_the_page():
    svg = _svg()
    assert ElementTree.fromstring(svg.replace('xlink:', '')).tag == 'svg'
    assert 'stroke: var(--bad)' in svg
    assert '#' + BAD[1:] not in svg
    assert 'var(--text)' in svg
    assert 'http' not in svg
    assert '<style' not in svg
    assert svg == _svg()


def test_its_text_is_text_and_never_markup():
    svg = _svg('a <b> & "c" \'d\'')
    assert '>a &lt;b&gt; &amp; &quot;c&quot; &#x27;d&#x27;</text>' in svg


def test_two_drawings_of_a_page_share_no_name():
    one, other = (ElementTree.fromstring(_svg(x).replace('xlink:', '')) for x in 'ab')
    names = [{e.get('id') for e in each.iter() if e.get('id')} for each in (one, other)]
    assert names[0]
    assert not names[0] & names[1]


def test_a_drawing_is_named_for_who_does_not_see_it():
    found = drawing('<svg viewBox="0 0 1 1"></svg>', 'rates <95 %>')
    assert '<svg role="img" aria-label="rates &lt;95 %&gt;" viewBox' in found
    assert '<figcaption>rates &lt;95 %&gt;</figcaption>' in found
