"""A block explorer that Ape knows as a plugin's, and sources that are compiled once for all tests."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar
from unittest import mock

from ape.api import ExplorerAPI, NetworkAPI

from perpetual_pools.deployment import explorer as verification


class Explorer(ExplorerAPI):  # type: ignore[misc]
    """A plugin as Ape knows them: it is told an address, and asks Ape which contract is there."""

    asked: ClassVar[list[tuple[str, str]]] = []
    failures: ClassVar[dict[str, Exception]] = {}

    def get_address_url(self, address: Any) -> str:
        return f"https://explorer.example/address/{address}"

    def get_transaction_url(self, transaction_hash: str) -> str:
        return f"https://explorer.example/tx/{transaction_hash}"

    def get_contract_type(self, address: Any) -> None:
        return None

    def publish_contract(self, address: Any) -> None:
        compiler = self.compiler_manager.registered_compilers[".sol"]
        compiler.get_imports([self.local_project.path / "contracts" / "PoolToken.sol"])  # as plugins do
        self.asked.append((address, self.chain_manager.contracts.instance_at(address).contract_type.name))
        if address in self.failures:
            raise self.failures[address]


@contextmanager
def installed() -> Iterator[type[Explorer]]:
    """Within, every network has that plugin. Nothing fails yet."""
    with (
        mock.patch.object(Explorer, "asked", []),
        mock.patch.object(Explorer, "failures", {}),
        mock.patch.object(NetworkAPI, "explorer", property(lambda network: Explorer(name="explorer", network=network))),
    ):
        yield Explorer


class _Everything(set[str]):
    def __contains__(self, name: object) -> bool:
        return True


@contextmanager
def compiled_once() -> Iterator[None]:
    """Within, the sources are compiled the first time that files are written, and not again."""
    compile_ = verification._compile
    kept: dict[str, Any] = {}

    def compile_once(names: set[str]) -> dict[str, Any]:
        if not kept:
            kept.update(compile_(_Everything()))
        return {name: source for name, source in kept.items() if name in names}

    with mock.patch.object(verification, "_compile", compile_once):
        yield
