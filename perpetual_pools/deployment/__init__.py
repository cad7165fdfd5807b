"""Deployment of a whole system from parameters, through a record."""

from .system import DeploymentError, SystemDeployment, deploy_system

__all__ = ["DeploymentError", "SystemDeployment", "deploy_system"]
