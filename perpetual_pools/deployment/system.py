"""The steps of a plan done one after the other, through a record: interrupted anywhere, it can be run again.

How a step is never sent twice. Each step is one transaction of one account. Before it is sent, the record gets its
*intent*: its nonce and the hash it will have. When it is mined, the record gets its result and the intent goes. A run
that finds an intent asks the chain. Either the hash is known: the result is entered. Or the nonce is free: the
transaction did not arrive, and what is sent next has that same nonce, of which a chain takes one only. Or the nonce went
to another transaction: the step is sent anew if it can be told that this one did not do it, and else the run stops and
says so. Pools are found without an intent too, at the address that the factory foretells. Two runs never work on one
record at the same time.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, cast

import ape
from eth_utils.conversions import to_hex
from eth_utils.crypto import keccak

from perpetual_pools import records, sending
from perpetual_pools.contracts import code_hash, compiler, container, creation_address, instance, pool_address
from perpetual_pools.networks import connected_network, genesis
from perpetual_pools.parameters import Parameters
from perpetual_pools.records import Call, Deployment, Intent, Record

from .chain import verify_chain
from .plan import FACTORY, AddressOf, Creation, FunctionCall, Now, PoolCreation, Step, plan

if TYPE_CHECKING:
    from ape.api import AccountAPI, ReceiptAPI, TransactionAPI
    from ape.contracts import ContractInstance

Report = Callable[[str], object]
"""Takes a line of progress."""


class DeploymentError(Exception):
    """The deployment cannot go on; says why and what to do."""


def commit() -> str | None:
    """The commit of the repository, with `-dirty` when files were changed; None outside one."""
    command = ["git", "describe", "--always", "--abbrev=40", "--match=", "--dirty"]
    try:
        done = subprocess.run(
            command, cwd=Path(__file__).parent, capture_output=True, text=True, check=True, timeout=60
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def _resolve(step: Step, addresses: Mapping[str, str]) -> dict[str, str | int]:
    """The arguments as they are sent now."""
    resolved: dict[str, str | int] = {}
    for name, argument in step.arguments.items():
        match argument:
            case AddressOf():
                resolved[name] = addresses[argument.step]
            case Now():
                resolved[name] = ape.chain.blocks.head.timestamp
            case _:
                resolved[name] = argument
    return resolved


def deploy_system(
    account: AccountAPI,
    parameters: Parameters,
    record_path: Path,
    report: Report = lambda _: None,
    review: Callable[[SystemDeployment], object] = lambda _: None,
) -> Record:
    """Deploys what the parameters ask for and is not recorded yet. Of a finished deployment: sends nothing.

    Args:
        review: sees what is done and what will be, before anything is sent; raises to stop it.

    Raises:
        ParametersError: a parameter does not fit the chain.
        RecordError: the file at `record_path` is no record, or another run works on it.
        DeploymentError: the record does not fit the chain, the account or the parameters; or it cannot be told whether a
            step was sent.
        SendingError: the account cannot send.
        What the chain answers when it refuses a transaction. All earlier steps are recorded.
    """
    with records.exclusive(record_path):
        deployment = SystemDeployment(account, parameters, record_path, report)
        review(deployment)
        return deployment.execute()


class SystemDeployment:
    """One run of `deploy_system`: what is done, what will be done, and doing it.

    Making one compares the connected chain with the parameters and with the record, and finds out what became of a
    transaction that was to be sent when an earlier run ended. It sends nothing.
    """

    def __init__(self, account: AccountAPI, parameters: Parameters, record_path: Path, report: Report) -> None:
        verify_chain(parameters)
        self.account = account
        self.path = record_path
        self.report = report
        self._commit = commit()
        self.steps = plan(parameters, account.address)
        self.record = records.load(record_path) or Record(
            network=connected_network(),
            chain_id=ape.chain.chain_id,
            genesis=genesis(),
            deployer=account.address,
        )
        self._verify_record()
        self._settle_intent()

    @property
    def open_steps(self) -> list[Step]:
        """The steps that are not done."""
        return [step for step in self.steps if not self._is_done(step)]

    def describe(self) -> Iterator[str]:
        """The plan in lines for people: each step with its contract, its address and its arguments."""
        addresses = self.foretell()
        for number, step in enumerate(self.steps, start=1):
            what = f"{step.target}.{step.function}" if isinstance(step, FunctionCall) else step.contract
            where = f" at {addresses[step.name]}" if step.name in addresses else ""
            yield f"{number:>2}  {step.name}: {what}{where}{' (done)' if self._is_done(step) else ''}"
            for name, argument in step.arguments.items():
                match argument:
                    case AddressOf():
                        value = f"{addresses[argument.step]} ({argument.step})"
                    case Now():
                        value = "the time of the latest block"
                    case _:
                        value = str(argument)
                yield f"      {name} = {value}"

    def foretell(self) -> dict[str, str]:
        """The addresses of all contracts: recorded, or where they come if the account sends nothing else meanwhile."""
        addresses = self._addresses()
        has_factory = FACTORY in addresses
        for nonce, step in enumerate(self.open_steps, start=self.account.nonce):
            if isinstance(step, Creation):
                addresses[step.name] = creation_address(self.account.address, nonce)
            elif isinstance(step, PoolCreation):
                arguments = _resolve(step, addresses)
                addresses[step.name] = (
                    self._pool_address(arguments)
                    if has_factory
                    else pool_address(addresses[FACTORY], self.account.address, arguments)
                )
        return addresses

    def execute(self) -> Record:
        """Sends and records the open steps, one after the other."""
        for step in self.steps:
            if self._is_done(step):
                self.report(f"{step.name}: done already")
            else:
                self._do(step)
        return self.record

    def _is_done(self, step: Step) -> bool:
        return self._entry(step) is not None

    def _entry(self, step: Step) -> Deployment | Call | None:
        entries = self.record.calls if isinstance(step, FunctionCall) else self.record.deployments
        return entries.get(step.name)

    def _addresses(self) -> dict[str, str]:
        return {name: entry.address for name, entry in self.record.deployments.items()}

    # --- what is there ---

    def _verify_record(self) -> None:
        """Raises DeploymentError when the record is of another chain, account or other parameters, or is not true."""
        record = self.record
        recorded = f"{record.network}, id {record.chain_id}, block 0 {record.genesis}"
        connected = f"{connected_network()}, id {ape.chain.chain_id}, block 0 {genesis()}"
        if recorded != connected:
            raise DeploymentError(
                f"{self.path} is the record of another chain: {recorded}; connected is {connected}. "
                "Name another file for this chain's record, or remove that one if its chain is gone"
            )
        if record.deployer != self.account.address:
            raise DeploymentError(
                f"{self.path} is of the account {record.deployer}: go on with that one, not with {self.account.address}"
            )
        calls = {step.name for step in self.steps if isinstance(step, FunctionCall)}
        creations = {step.name for step in self.steps} - calls
        for name in (record.deployments.keys() - creations) | (record.calls.keys() - calls):
            raise DeploymentError(f"{self.path} has {name!r}, which the parameters do not ask for")
        for step in self.steps:
            if entry := self._entry(step):
                self._verify_entry(step, entry)

    def _verify_entry(self, step: Step, entry: Deployment | Call) -> None:
        """Raises DeploymentError when the parameters ask for something else, or the chain does not confirm the entry."""
        addresses = self._addresses()
        for name, argument in step.arguments.items():
            wanted = addresses.get(argument.step) if isinstance(argument, AddressOf) else str(argument)
            if not isinstance(argument, Now) and entry.arguments.get(name) != wanted:
                raise DeploymentError(
                    f"{self.path}: {step.name!r} has {name} = {entry.arguments.get(name)}, the parameters say {wanted}. "
                    "What is deployed cannot change: name another file to deploy anew"
                )
        for what, recorded, true in self._facts(step, entry):
            if recorded != true:
                raise DeploymentError(
                    f"{self.path}: {step.name!r} has the {what} {recorded}, the chain says {true}. "
                    "Put the record back as it was written"
                )

    def _facts(self, step: Step, entry: Deployment | Call) -> Iterator[tuple[str, str | int, str | int]]:
        """What the entry says beside what is so, in words for people."""
        if not sending.is_known(entry.transaction):
            yield "transaction", entry.transaction, "there is none"
            return
        receipt = sending.confirmed(entry.transaction)
        yield "block", entry.block, receipt.block_number
        if isinstance(entry, Call):
            yield "sender", entry.sender, receipt.sender
            yield "target", self.record.address(entry.target), receipt.receiver
        else:
            yield "deployer", entry.deployer, receipt.sender
            yield "contract", entry.contract, step.contract
            yield "address", entry.address, self._address(step, receipt)
            yield "code hash", entry.code_hash, code_hash(entry.address)

    def _settle_intent(self) -> None:
        """Finds out what became of a transaction that was to be sent when an earlier run ended."""
        intent = self.record.intent
        if intent is None:
            return
        step = next((step for step in self.steps if step.name == intent.step), None)
        if step is None:
            raise DeploymentError(f"{self.path}: was sending {intent.step!r}, which the parameters do not ask for")
        if sending.is_known(intent.transaction):
            self.report(f"{step.name}: was sent in an earlier run, {intent.transaction}")
            receipt = sending.confirmed(intent.transaction)
            if receipt.failed:
                self.report(f"{step.name}: that transaction failed and changed nothing")
                self._save(intent=None)
            else:
                self._verify_entry(step, self._enter(step, intent.arguments, intent.commit, intent.compiler, receipt))
        elif self.account.nonce < intent.nonce:
            raise DeploymentError(
                f"{self.path}: {step.name!r} was to be sent with nonce {intent.nonce}, but this chain expects "
                f"{self.account.nonce} from {self.account.address}: its node is behind. Wait, then run again"
            )
        elif self.account.nonce > intent.nonce:
            if self._may_be_done(step, intent):
                raise DeploymentError(
                    f"{self.path}: {step.name!r} was to be sent with nonce {intent.nonce} as {intent.transaction}. That "
                    "nonce went to another transaction, maybe the same with another fee. If that did the step, enter it "
                    'in the record; if not, set "intent" to null there. Then run again'
                )
            self._save(intent=None)

    def _may_be_done(self, step: Step, intent: Intent) -> bool:
        """Whether the step may be done although its nonce went to a transaction of another hash."""
        if isinstance(step, Creation):
            return bool(ape.chain.provider.get_code(creation_address(self.account.address, intent.nonce)))
        return not isinstance(step, PoolCreation)  # `_do` asks the factory

    # --- what is to be done ---

    def _do(self, step: Step) -> None:
        arguments = _resolve(step, self._addresses())
        written = {name: str(value) for name, value in arguments.items()}
        source = self._commit, compiler(step.contract)
        if isinstance(step, PoolCreation):
            factory = self.record.deployments[FACTORY]
            source = factory.commit, factory.compiler  # a pool's code comes from its factory
            if earlier := self._creation_of_pool(arguments):
                self.report(f"{step.name}: is there already, {earlier}")
                self._enter(step, written, *source, sending.confirmed(earlier))
                return
        transaction = self._sign(self._transaction(step, tuple(arguments.values())))
        self._save(
            intent=Intent(
                step=step.name,
                nonce=cast(int, transaction.nonce),
                transaction=to_hex(transaction.txn_hash),
                arguments=written,
                commit=source[0],
                compiler=source[1],
            )
        )
        self._enter(step, written, *source, sending.send(transaction))

    def _transaction(self, step: Step, arguments: tuple[str | int, ...]) -> TransactionAPI:
        if isinstance(step, PoolCreation):
            factory = self._instance(FACTORY)
            return factory.deployPool.as_transaction(arguments, sender=self.account)
        if isinstance(step, FunctionCall):
            function = getattr(self._instance(step.target), step.function)
            return function.as_transaction(*arguments, sender=self.account)
        return container(step.contract)(*arguments, sender=self.account)

    def _sign(self, transaction: TransactionAPI) -> TransactionAPI:
        """With the next nonce.

        A transaction that was to be sent earlier and did not arrive may still do so: the intent's nonce, not a later one,
        shuts it out.
        """
        nonce = self.record.intent.nonce if self.record.intent else self.account.nonce
        return sending.signed(self.account, transaction, nonce)

    def _pool_address(self, arguments: Mapping[str, str | int]) -> str:
        return str(self._instance(FACTORY).poolAddress(tuple(arguments.values()), self.account))

    def _creation_of_pool(self, arguments: Mapping[str, str | int]) -> str | None:
        """The hash of the transaction that deployed this pool from this account, None if there is none."""
        factory = self._instance(FACTORY)
        pool = self._pool_address(arguments)
        if not factory.isPool(pool):
            return None
        logs = ape.chain.provider.web3.eth.get_logs(
            {
                "address": factory.address,
                "fromBlock": self.record.deployments[FACTORY].block,
                "topics": [to_hex(keccak(text=factory.PoolDeployed.abi.selector)), "0x" + pool[2:].rjust(64, "0")],
            }
        )
        return to_hex(logs[0]["transactionHash"])

    # --- the record ---

    def _enter(
        self, step: Step, arguments: dict[str, str], commit: str | None, compiler: str, receipt: ReceiptAPI
    ) -> Deployment | Call:
        entry: Deployment | Call
        if isinstance(step, FunctionCall):
            entry = self.record.calls[step.name] = Call(
                target=step.target,
                function=step.function,
                arguments=arguments,
                transaction=receipt.txn_hash,
                block=receipt.block_number,
                sender=self.account.address,
            )
            done = f"{step.target}.{step.function} called"
        else:
            address = self._address(step, receipt)
            entry = self.record.deployments[step.name] = Deployment(
                contract=step.contract,
                address=address,
                arguments=arguments,
                transaction=receipt.txn_hash,
                block=receipt.block_number,
                deployer=self.account.address,
                commit=commit,
                compiler=compiler,
                code_hash=code_hash(address),
            )
            done = f"{step.contract} at {address}"
        self._save(intent=None)
        self.report(f"{step.name}: {done}")
        return entry

    def _address(self, step: Step, receipt: ReceiptAPI) -> str:
        """Of what the step's transaction made."""
        if isinstance(step, PoolCreation):
            events = receipt.decode_logs(self._instance(FACTORY).PoolDeployed)
            return str(next((event.pool for event in events), None))
        return str(receipt.contract_address)

    def _save(self, intent: Intent | None) -> None:
        self.record.intent = intent
        records.save(self.path, self.record)

    def _instance(self, name: str) -> ContractInstance:
        entry = self.record.deployments[name]
        return instance(entry.contract, entry.address)
