"""Deployment of a whole system from parameters, through a record."""

from .standing import DeploymentError
from .system import SystemDeployment, deploy_system

__all__ = ["DeploymentError", "SystemDeployment", "deploy_system"]
