"""The deployment itself: it sends the steps of a plan one after the other and records them.

A deployment can be interrupted anywhere and run again, because no step is sent twice:

- Each step is one transaction of one account. Before the step is sent, the record gets its *intent*: the nonce and the hash
  of the transaction. When the transaction is mined, the result replaces the intent.
- A run that finds an intent asks the chain. If the chain knows the hash, the run records the result. If the nonce is still
  free, the transaction did not arrive, and the next transaction uses the same nonce, which the chain accepts only once.
- If another transaction has used the nonce, the run sends the step again, but only if it can tell that the other
  transaction did not do the step. Otherwise the run stops and says so.
- Pools and pairs are found even without an intent: a pool at the address that the factory computes, a pair in the AMM.
- Two runs never work on the same record at the same time.

After the hand-over, some steps are the owner's, such as adding farms for a new market. The deployment does not send them,
but shows the data that the owner has to send.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeGuard, cast

import ape
from eth_utils.conversions import to_hex
from eth_utils.crypto import keccak

from perpetual_pools import records
from perpetual_pools.chain import sending
from perpetual_pools.chain.contracts import (
    code_hash,
    compiler,
    creation_address,
    deployable,
    instance,
    is_own,
    pair_address,
    pool_address,
    verify_artifacts,
)
from perpetual_pools.chain.networks import connected_network, genesis
from perpetual_pools.deployment.facts import address_made, entry_of, factory_of, pair_of, tokens_of
from perpetual_pools.deployment.plan import (
    FACTORY,
    FARM,
    AddressOf,
    Creation,
    FunctionCall,
    Now,
    PairCreation,
    PoolCreation,
    Step,
    gas,
    plan,
)
from perpetual_pools.deployment.preflight import verify_contracts, verify_prices, verify_start
from perpetual_pools.deployment.resume import (
    DeploymentError,
    recorded_nonce,
    verify_code,
    verify_nonce,
    verify_record,
    verify_step,
)
from perpetual_pools.formatting import ether
from perpetual_pools.model import ZERO_ADDRESS
from perpetual_pools.parameters import Parameters
from perpetual_pools.records import Call, Deployment, Intent, Record

if TYPE_CHECKING:
    from ape.api import AccountAPI, ReceiptAPI, TransactionAPI
    from ape.contracts import ContractInstance

Report = Callable[[str], object]
"""A function that takes a line of progress."""


def commit() -> str | None:
    """Return the commit of the repository, with `-dirty` if files were changed, or None outside a repository."""
    command = ["git", "describe", "--always", "--abbrev=40", "--match=", "--dirty"]
    try:
        done = subprocess.run(
            command, cwd=Path(__file__).parent, capture_output=True, text=True, check=True, timeout=60
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def _resolve(step: Step, addresses: Mapping[str, str]) -> dict[str, str | int]:
    """Return the step's arguments as they would be sent now."""
    resolved: dict[str, str | int] = {}
    for name, argument in step.arguments.items():
        match argument:
            case AddressOf():
                resolved[name] = addresses[argument.name]
            case Now():
                resolved[name] = ape.chain.blocks.head.timestamp + argument.plus
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
    """Deploy everything that the parameters ask for and that is not recorded yet. A finished deployment sends nothing.

    Args:
        review: called before anything is sent, with the finished and the open steps. It raises to stop the deployment.

    Raises:
        ContractError: the sources in this checkout have changed since the artifacts were written.
        ParametersError: a parameter does not fit the chain.
        RecordError: the file at `record_path` is not a record, or another run is working on it.
        DeploymentError: the record does not fit the chain, the account or the parameters, or the run cannot tell whether
            a step was sent.
        SendingError: the account cannot send.
        The error of the chain if it refuses a transaction. All earlier steps are recorded.
    """
    with records.exclusive(record_path):
        deployment = SystemDeployment(account, parameters, record_path, report)
        review(deployment)
        return deployment.execute()


class SystemDeployment:
    """One run of `deploy_system`. It knows the finished and the open steps, describes them and executes them.

    The constructor compares the connected chain with the parameters and the record. It also finds out what happened to the
    transaction that an earlier run was sending when it ended. It sends nothing.
    """

    def __init__(self, account: AccountAPI, parameters: Parameters, record_path: Path, report: Report) -> None:
        verify_artifacts()
        verify_contracts(parameters)
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
        self._shown: dict[str, str] = {}
        verify_record(self.record, record_path, account.address, self.steps)
        self._next_nonce = recorded_nonce(self.record, account.address)
        self._settle_intent()
        if self.open_steps:  # a finished deployment does not need a price
            verify_prices(parameters)
            verify_nonce(self.record, record_path, account.address, self._next_nonce, self.open_steps)
            verify_code(self.record, record_path, self.steps)
        if FARM not in self.record.deployments:
            verify_start(parameters)

    @property
    def open_steps(self) -> list[Step]:
        """The unfinished steps that the account will send."""
        return [step for step in self.steps if not self._is_done(step) and not self._is_owners(step)]

    @property
    def owner_steps(self) -> list[FunctionCall]:
        """The unfinished steps that only the owner can send."""
        return [step for step in self.steps if self._is_owners(step) and not self._is_done(step)]

    def describe(self) -> Iterator[str]:
        """Yield the plan in lines for people: each step with its contract, address and arguments, then the cost."""
        addresses = self._shown = self.foretell()
        for number, step in enumerate(self.steps, start=1):
            what = f"{step.target}.{step.function}" if isinstance(step, FunctionCall) else step.contract
            where = f" at {addresses[step.name]}" if step.name in addresses else ""
            done = " (done)" if self._is_done(step) else " (for the owner to send)" if self._is_owners(step) else ""
            yield f"{number:>2}  {step.name}: {what}{where}{done}"
            entry = entry_of(step, self.record)
            for name, argument in step.arguments.items():
                match argument:
                    case _ if entry is not None:
                        value = entry.arguments.get(name, "not recorded")
                    case AddressOf():
                        value = f"{addresses[argument.name]} ({argument.name})"
                    case Now():
                        value = (
                            f"{argument.plus} seconds after the latest block"
                            if argument.plus
                            else "the time of the latest block"
                        )
                    case _:
                        value = str(argument)
                yield f"      {name} = {value}"
        if self.open_steps:
            yield from self._describe_cost()

    def _describe_cost(self) -> Iterator[str]:
        units, price = self.gas(), ape.chain.provider.gas_price
        yield (
            f"About {units:,} gas, which costs {ether(units * price)} ETH at {ether(price, 9)} gwei, plus the "
            f"chain's fee for publishing the data. {self.account.address} has {ether(self.account.balance)} ETH"
        )

    def gas(self) -> int:
        """Return about how much gas the open steps take."""
        return sum(gas(step) for step in self.open_steps)

    def foretell(self) -> dict[str, str]:
        """Return the addresses of all contracts by name.

        Addresses of open steps are right as long as the account sends nothing else in the meantime.
        """
        addresses = self.record.addresses
        for nonce, step in enumerate(self.open_steps, start=self.account.nonce):
            match step:
                case Creation():
                    addresses[step.name] = creation_address(self.account.address, nonce)
                case PoolCreation():
                    pool = self._foretell_pool(_resolve(step, addresses), addresses[FACTORY])
                    addresses[step.name] = pool
                    addresses |= tokens_of(step, pool)
                case PairCreation():
                    addresses[step.name] = self._foretell_pair(step, addresses)
        return addresses

    def _foretell_pool(self, arguments: Mapping[str, str | int], factory: str) -> str:
        if FACTORY in self.record.deployments:
            return self._pool_address(arguments)
        return pool_address(factory, self.account.address, arguments)

    def _foretell_pair(self, step: PairCreation, addresses: Mapping[str, str]) -> str:
        factory = factory_of(step, addresses)
        tokens = _resolve(step, addresses).values()
        if not ape.chain.provider.get_code(factory):
            return pair_address(factory, *map(str, tokens))
        contract = instance("UniswapV2Factory", factory)
        there = str(contract.getPair(*tokens))
        return str(contract.createPair.call(*tokens)) if there == ZERO_ADDRESS else there

    def execute(self) -> Record:
        """Send and record the open steps, one after the other.

        Raises the errors of `deploy_system`. It also raises DeploymentError if the account has too little ether, or if the
        contracts would get other addresses than `describe` has shown.
        """
        if self.open_steps:
            self._verify_funds()
        if self._shown not in ({}, self.foretell()):
            raise DeploymentError(
                f"{self.account.address} has sent a transaction since the plan was shown, so the addresses would change. "
                "Nothing was sent; run again"
            )
        for step in self.steps:
            if self._is_done(step):
                self.report(f"{step.name}: done already")
            elif not self._is_owners(step):
                self._do(step)
        for step in self.owner_steps:
            contract = self._instance(step.target)
            call = getattr(contract, step.function).encode_input(*_resolve(step, self.record.addresses).values())
            self.report(f"{step.name}: {contract.owner()} has to send this data to {contract.address}: {to_hex(call)}")
        return self.record

    def _is_done(self, step: Step) -> bool:
        entry = entry_of(step, self.record)
        if entry is not None and isinstance(step, FunctionCall) and step.function == "transferOwnership":
            # If the parameters name another owner now, and nobody has accepted the offer, it is made again.
            same = entry.arguments["newOwner"] == step.arguments["newOwner"]
            return same or str(self._instance(step.target).owner()) != self.account.address
        return entry is not None or (self._is_owners(step) and self._was_done_by_owner(step))

    def _is_owners(self, step: Step) -> TypeGuard[FunctionCall]:
        """Return whether only the owner can send the step, and the account is not the owner."""
        if not isinstance(step, FunctionCall) or not step.of_owner or step.target not in self.record.deployments:
            return False
        owner = str(self._instance(step.target).owner())
        return owner != str(self.account.address)

    def _was_done_by_owner(self, step: FunctionCall) -> bool:
        farm, addresses = self._instance(step.target), self.record.addresses
        token = step.arguments.get("token")
        if not isinstance(token, AddressOf):
            return bool(farm.primaryBps() == step.arguments["primaryBps_"])
        farms = [str(farm.farms(i)) for i in range(farm.farmCount())]
        return token.name in addresses and addresses[token.name] in farms

    # --- the state before the run ---

    def _verify_funds(self) -> None:
        cost, balance = self.gas() * ape.chain.provider.gas_price, self.account.balance
        if balance < cost:
            raise DeploymentError(
                f"{self.account.address} has {ether(balance)} ETH, but the steps cost about "
                f"{ether(cost)} ETH: {ether(cost - balance)} ETH are missing. Nothing was sent"
            )

    def _settle_intent(self) -> None:
        """Find out what happened to the transaction that an earlier run was sending when it ended."""
        intent = self.record.intent
        if intent is None:
            return
        step = next((step for step in self.steps if step.name == intent.step), None)
        if step is None:
            raise DeploymentError(
                f"{self.path}: an earlier run was sending {intent.step!r}, which the parameters do not ask for"
            )
        block = sending.latest_block()
        nonce = sending.nonce_at(self.account.address, block)
        if sending.is_known(intent.transaction) or (nonce > intent.nonce and sending.becomes_known(intent.transaction)):
            self.report(f"{step.name}: was sent in an earlier run, {intent.transaction}")
            receipt = sending.confirmed(intent.transaction)
            if receipt.failed:
                self.report(f"{step.name}: that transaction failed and changed nothing")
                self._next_nonce = intent.nonce + 1
                self._save(intent=None)
            else:
                self._enter(step, intent.arguments, intent.commit, intent.compiler, receipt)
                verify_step(self.record, self.path, step)
        elif intent.nonce < self._next_nonce:
            # The node was behind and gave the nonce of an earlier step, so the chain refused the transaction.
            self._save(intent=None)
        elif nonce < intent.nonce:
            raise DeploymentError(
                f"{self.path}: an earlier run was sending {step.name!r} with nonce {intent.nonce}, but the node is behind: "
                f"it expects nonce {nonce} from {self.account.address}. Wait, then run again"
            )
        elif nonce > intent.nonce:
            if self._may_be_done(step, intent, block):
                raise DeploymentError(
                    f"{self.path}: an earlier run was sending {step.name!r} with nonce {intent.nonce} as "
                    f"{intent.transaction}, but another transaction has used that nonce, maybe the same one with another "
                    'fee. If it did the step, enter it in the record. If not, set "intent" to null there. Then run again'
                )
            self._save(intent=None)

    def _may_be_done(self, step: Step, intent: Intent, block: int) -> bool:
        """Return whether a transaction with another hash, which used the nonce, may have done the step."""
        if isinstance(step, Creation):
            made = creation_address(self.account.address, intent.nonce)
            return bool(ape.chain.provider.get_code(made, block_id=block))
        return isinstance(step, FunctionCall)  # `_do` asks the factories about pools and pairs

    # --- the steps ---

    def _do(self, step: Step) -> None:
        arguments = _resolve(step, self.record.addresses)
        written = {name: str(value) for name, value in arguments.items()}
        source: tuple[str | None, str | None] = (None, None)
        if is_own(step.contract):
            source = self._commit, compiler()
        if isinstance(step, PoolCreation):
            factory = self.record.deployments[FACTORY]
            source = factory.commit, factory.compiler  # a pool's code comes from its factory
            if earlier := self._creation_of_pool(arguments):
                self.report(f"{step.name}: exists already, {earlier}")
                self._enter(step, written, *source, sending.confirmed(earlier))
                return
        elif isinstance(step, PairCreation) and pair_of(step, self.record.addresses) != ZERO_ADDRESS:
            self.report(f"{step.name}: exists already")
            self._enter(step, written, *source, None)
            return
        transaction = self._sign(self._transaction(step, tuple(arguments.values())))
        if transaction.signature is not None:  # a dry run does not sign, and keeps nothing
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
        if isinstance(step, PairCreation):
            contract = instance("UniswapV2Factory", factory_of(step, self.record.addresses))
            return contract.createPair.as_transaction(*arguments, sender=self.account)
        if isinstance(step, FunctionCall):
            function = getattr(self._instance(step.target), step.function)
            return function.as_transaction(*arguments, sender=self.account)
        return deployable(step.contract)(*arguments, sender=self.account)

    def _sign(self, transaction: TransactionAPI) -> TransactionAPI:
        """Return the signed transaction with the next nonce.

        An earlier transaction of the same step may still arrive. Reusing the nonce of its intent makes sure that the chain
        accepts only one of the two.
        """
        nonce = self.record.intent.nonce if self.record.intent else max(self.account.nonce, self._next_nonce)
        return sending.signed(self.account, transaction, nonce)

    def _pool_address(self, arguments: Mapping[str, str | int]) -> str:
        return str(self._instance(FACTORY).poolAddress(tuple(arguments.values()), self.account))

    def _creation_of_pool(self, arguments: Mapping[str, str | int]) -> str | None:
        """Return the hash of the transaction in which this account deployed the pool, or None if it has not."""
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
        if not logs:
            raise DeploymentError(
                f"the factory has the pool {pool}, but the node does not know its deployment. Run again"
            )
        return to_hex(logs[0]["transactionHash"])

    # --- the record ---

    def _enter(
        self,
        step: Step,
        arguments: dict[str, str],
        commit: str | None,
        compiler: str | None,
        receipt: ReceiptAPI | None,
    ) -> None:
        """Record the result of a step. `receipt` is None for a pair that existed before."""
        if receipt is not None:
            self._next_nonce = max(self._next_nonce, 1 + int(receipt.nonce))
        if isinstance(step, FunctionCall):
            assert receipt is not None, "only a pair can exist without a receipt"
            self.record.calls[step.name] = Call(
                target=step.target,
                function=step.function,
                arguments=arguments,
                transaction=receipt.txn_hash,
                block=receipt.block_number,
                gas_used=receipt.gas_used,
                sender=self.account.address,
            )
            done = f"{step.target}.{step.function} called"
        else:
            address = address_made(step, self.record, receipt)
            self.record.deployments[step.name] = Deployment(
                contract=step.contract,
                address=address,
                arguments=arguments,
                transaction=receipt and receipt.txn_hash,
                block=receipt and receipt.block_number,
                gas_used=receipt and receipt.gas_used,
                deployer=receipt and self.account.address,
                commit=commit,
                compiler=compiler,
                code_hash=code_hash(address, receipt and receipt.block_number),
                tokens=tokens_of(step, address),
            )
            done = f"{step.contract} at {address}"
        self._save(intent=None)
        self.report(f"{step.name}: {done}")

    def _save(self, intent: Intent | None) -> None:
        self.record.intent = intent
        records.save(self.path, self.record)

    def _instance(self, name: str) -> ContractInstance:
        entry = self.record.deployments[name]
        return instance(entry.contract, entry.address)
