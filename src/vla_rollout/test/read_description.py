"""Importing it reads the robot of the default deployment: MuJoCo keeps its meshes for later."""

from vla_contract.deployment.deployment import load_deployment
from vla_contract.description.content import description_sha256

description_sha256(load_deployment(policy='none', backend='hold').cell.robot)
