import pytest
from vla_policy_server.openvla import loading
from vla_policy_server.openvla.errors import OpenVlaError
from vla_policy_server.openvla.loading import load_openvla, quantisation_options


@pytest.fixture
def pinned(monkeypatch) -> None:
    """Let the versions be those that OpenVLA needs."""
    versions = {'transformers': '4.40.1', 'timm': '0.9.16'}
    monkeypatch.setattr(loading, 'version', versions.__getitem__)


@pytest.mark.parametrize(
    ('transformers', 'timm'), [('5.5.4', '0.9.16'), ('4.40.1', '1.0.9'), ('4.40.1', '0.9.2')]
)
def test_other_versions_are_refused(monkeypatch, transformers, timm):
    versions = {'transformers': transformers, 'timm': timm}
    monkeypatch.setattr(loading, 'version', versions.__getitem__)
    with pytest.raises(OpenVlaError, match='OpenVLA needs 4.40.1 and 0.9.10 to 0.9.16'):
        load_openvla('x', 'bf16', 'cpu')


@pytest.mark.usefixtures('pinned')
def test_a_device_that_is_not_there_is_one_sentence(monkeypatch):
    monkeypatch.setattr('torch.cuda.is_available', lambda: False)
    with pytest.raises(OpenVlaError, match="device 'cuda:0' is not available here"):
        load_openvla('x', 'nf4', 'cuda:0')


@pytest.mark.usefixtures('pinned')
@pytest.mark.parametrize('precision', ['int8', 'nf4', 'gptq'])
def test_quantised_weights_need_a_gpu(precision):
    with pytest.raises(OpenVlaError, match=f'precision {precision} needs a GPU'):
        load_openvla('x', precision, 'cpu')


@pytest.mark.usefixtures('pinned')
def test_a_checkpoint_that_is_not_there_is_one_sentence(tmp_path):
    with pytest.raises(OpenVlaError, match='cannot be loaded'):
        load_openvla(str(tmp_path / 'none'), 'bf16', 'cpu')


def test_each_precision_is_what_its_name_says():
    assert quantisation_options('bf16', 'cuda:0') == {}
    int8 = quantisation_options('int8', 'cuda:1')
    assert int8['device_map'] == {'': 'cuda:1'}
    assert int8['quantization_config'].load_in_8bit
    nf4 = quantisation_options('nf4', 'cuda:0')['quantization_config']
    assert nf4.load_in_4bit
    assert nf4.bnb_4bit_quant_type == 'nf4'
    assert quantisation_options('gptq', 'cuda:0') == {'device_map': {'': 'cuda:0'}}
    with pytest.raises(OpenVlaError, match='allowed: bf16, int8, nf4, gptq'):
        quantisation_options('int3', 'cuda:0')
