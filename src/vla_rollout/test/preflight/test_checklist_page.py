import pytest
from vla_contract.check import measured
from vla_contract.page.testing import faults_of
from vla_rollout.preflight.page import write_checklist

FACTS = {
    'deployment': 'cell <1>', 'policy': 'act', 'operator': 'A. <b>',
    'date': '2026-11-22T19:12:00+00:00',
}  # fmt: skip


@pytest.mark.parametrize('holds', [True, False])
def test_the_page_says_of_what_by_whom_and_until_when_it_is_good(tmp_path, holds):
    write_checklist(tmp_path, [measured('disk', holds, '30 GB', '>= 20 GB', 'x')], FACTS, None)
    assert faults_of(tmp_path / 'preflight.html') == []
    page = (tmp_path / 'preflight.html').read_text()
    assert '<h1>Preflight of cell &lt;1&gt;, act</h1>' in page
    assert 'Operator: A. &lt;b&gt;. Begun 2026-11-22 19:12 UTC' in page
    assert ('good until 2026-11-23 07:12 UTC' in page) == holds


def test_there_is_a_place_to_sign_on_paper(tmp_path):
    write_checklist(tmp_path, [], {}, None)
    page = (tmp_path / 'preflight.html').read_text()
    assert '<h1>Preflight</h1>' in page
    assert page.index('.signature { display: none }') < page.index('name and signature')
    assert '@media print { .signature { display: grid' in page
