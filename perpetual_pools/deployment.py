"""Deployment of the contracts: one by one, and a whole system from parameters through a record.

The functions `deploy_*` send with `account` on the connected network and return the instance, ready to use: tests and the
demo work with them. `deploy_system` does the same steps for operators: it can be interrupted anywhere and run again.

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
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import ape
from ape.exceptions import ContractNotFoundError, DecodingError, VirtualMachineError
from eth_abi.abi import encode
from eth_utils.conversions import to_hex
from eth_utils.crypto import keccak
from web3.utils.address import get_create2_address, get_create_address

from perpetual_pools import records, sending
from perpetual_pools.model import ZERO_ADDRESS, PoolParams
from perpetual_pools.parameters import FeedParameters, Parameters, Sequencer
from perpetual_pools.records import Call, Deployment, Intent, Record

if TYPE_CHECKING:
    from ape.api import AccountAPI, ReceiptAPI, TransactionAPI
    from ape.contracts import ContractContainer, ContractInstance

Report = Callable[[str], object]
"""Takes a line of progress."""


class DeploymentError(Exception):
    """The deployment cannot go on; says why and what to do."""


# --- one contract ---


def deploy_feed(account: AccountAPI, decimals: int, description: str) -> ContractInstance:
    """A feed that answers the rounds it is given (`pushRound`). Local chains and test networks only."""
    return account.deploy(ape.project.ReplayAggregator, decimals, description)


def deploy_settlement_token(account: AccountAPI, name: str, symbol: str, decimals: int) -> ContractInstance:
    """An ERC-20 that anyone can mint. Local chains and test networks only."""
    return account.deploy(ape.project.MockERC20, name, symbol, decimals)


def deploy_wrapper(
    account: AccountAPI,
    feed: ContractInstance | str,
    sequencer_feed: ContractInstance | str | None,
    max_age: int,
    grace_period: int,
) -> ContractInstance:
    """The oracle over `feed`.

    Args:
        sequencer_feed: None (or the zero address) on a chain without a sequencer uptime feed.
        max_age: Seconds.
        grace_period: Seconds.
    """
    return account.deploy(
        ape.project.ChainlinkOracleWrapper, feed, sequencer_feed or ZERO_ADDRESS, max_age, grace_period
    )


def deploy_factory(
    account: AccountAPI, owner: AccountAPI | str, fee_recipient: AccountAPI | ContractInstance | str
) -> ContractInstance:
    """The factory; `owner` is the DAO."""
    return account.deploy(ape.project.PoolFactory, owner, fee_recipient)


def deploy_keeper(account: AccountAPI) -> ContractInstance:
    """The keeper contract: stateless, one per chain is enough."""
    return account.deploy(ape.project.PoolKeeper)


def pool_arguments(params: PoolParams) -> tuple[str | int, ...]:
    """`params` as the struct that the factory takes: the fields stand in its order."""
    return tuple(asdict(params).values())


def deploy_pool(account: AccountAPI, factory: ContractInstance, params: PoolParams) -> ContractInstance:
    """The pool of `params`, at the address that `factory.poolAddress(params, account)` foretells.

    Raises:
        The factory's or the pool's error, with its arguments, when a parameter breaks a bound.
    """
    arguments = pool_arguments(params)
    pool = factory.poolAddress(arguments, account)
    factory.deployPool(arguments, sender=account)
    return ape.project.LeveragedPool.at(pool)


# --- the plan ---


@dataclass(frozen=True)
class AddressOf:
    """An argument: where the step of that name put its contract."""

    step: str


@dataclass(frozen=True)
class Now:
    """An argument: the time of the latest block, in seconds."""


Argument = str | int | AddressOf | Now


@dataclass(frozen=True)
class Step:
    """One transaction. `arguments` are named and ordered as in the ABI."""

    name: str
    contract: str
    arguments: Mapping[str, Argument]


@dataclass(frozen=True)
class Creation(Step):
    """Deploys `contract` from the account."""


@dataclass(frozen=True)
class PoolCreation(Step):
    """Deploys a pool through the factory, at an address that follows from its parameters and the account."""


@dataclass(frozen=True)
class FunctionCall(Step):
    """Calls `function` of the step `target`, which deploys a `contract`."""

    target: str
    function: str


FACTORY = "factory"
KEEPER = "keeper"
SETTLEMENT_TOKEN = "settlement token"


def feed_name(feed: str) -> str:
    """The record's name of a test feed."""
    return f"{feed} feed"


def oracle_name(feed: str) -> str:
    """The record's name of the oracle wrapper over a feed."""
    return f"{feed} oracle"


def plan(parameters: Parameters, deployer: str) -> list[Step]:
    """All steps, in order. Pools are named by their markets, like `3-BTC/USDC`."""

    def account(name: str) -> str:
        return deployer if name == "deployer" else name

    token = parameters.settlement_token
    sequencer = parameters.sequencer
    steps: list[Step] = []
    if token.address == "test":
        mock: dict[str, Argument] = {"name_": token.name, "symbol_": token.symbol, "decimals_": token.decimals}
        steps.append(Creation(SETTLEMENT_TOKEN, "MockERC20", mock))
    for name, feed in parameters.feeds.items():
        if feed.address == "test":
            steps += _test_feed(name, feed)
        wrapper: dict[str, Argument] = {
            "feed_": AddressOf(feed_name(name)) if feed.address == "test" else feed.address,
            "sequencerFeed_": sequencer.feed if sequencer else ZERO_ADDRESS,
            "maxAge_": feed.max_age,
            "gracePeriod_": sequencer.grace_period if sequencer else 0,
        }
        steps.append(Creation(oracle_name(name), "ChainlinkOracleWrapper", wrapper))
    owners: dict[str, Argument] = {
        "owner_": account(parameters.owner),
        "feeRecipient_": account(parameters.fee_recipient),
    }
    steps.append(Creation(FACTORY, "PoolFactory", owners))
    steps.append(Creation(KEEPER, "PoolKeeper", {}))
    for market in parameters.markets:
        pool: dict[str, Argument] = asdict(parameters.pool_params(market, token.address, ""))
        pool["oracle"] = AddressOf(oracle_name(market.feed))
        if token.address == "test":
            pool["settlement_token"] = AddressOf(SETTLEMENT_TOKEN)
        steps.append(PoolCreation(market.name, "LeveragedPool", {_camel(name): pool[name] for name in pool}))
    return steps


def _test_feed(name: str, feed: FeedParameters) -> Iterator[Step]:
    assert feed.first_price is not None, "parameters.load refuses a test feed without a first price"
    yield Creation(feed_name(name), "ReplayAggregator", {"decimals_": feed.decimals, "description_": feed.description})
    yield FunctionCall(
        f"{name} first round",
        "ReplayAggregator",
        {"id": 1, "answer": feed.first_price, "startedAt": Now(), "updatedAt": Now()},
        target=feed_name(name),
        function="pushRound",
    )


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(other.title() for other in others)


def creation_address(deployer: str, nonce: int) -> str:
    """Where a contract comes that `deployer` creates with `nonce`."""
    return str(get_create_address(cast(Any, deployer), cast(Any, nonce)))


def pool_address(factory: str, deployer: str, arguments: Mapping[str, str | int]) -> str:
    """What `factory.poolAddress` answers, also before there is a factory. `arguments`: the fields of the parameters."""
    types = [field.canonical_type for field in _constructor_inputs("LeveragedPool")[0].components or []]
    struct = f"({','.join(types)})"
    values = tuple(arguments.values())
    salt = keccak(encode([struct, "address"], [values, deployer]))
    code = bytes(ape.project.LeveragedPool.contract_type.get_deployment_bytecode()) + encode([struct], [values])
    return str(get_create2_address(cast(Any, factory), to_hex(salt), to_hex(code)))


def _constructor_inputs(contract: str) -> list[Any]:
    return list(_container(contract).contract_type.constructor.inputs)


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


# --- the chain ---


def verify_chain(parameters: Parameters) -> None:
    """Raises ParametersError, at the line, when the connected chain or a contract on it is not what the parameters say."""
    if ape.chain.chain_id != parameters.chain_id:
        raise parameters.problem(
            ("chain_id",),
            f"expected the chain id of the connected network, {ape.chain.chain_id}, got {parameters.chain_id}",
        )
    token = parameters.settlement_token
    if token.address != "test":
        place = ("settlement_token",)
        _verify_view(parameters, place, "symbol", "MockERC20", token.address, token.symbol)
        _verify_view(parameters, place, "decimals", "MockERC20", token.address, token.decimals)
    for name, feed in parameters.feeds.items():
        if feed.address != "test":
            _verify_feed(parameters, name, feed)
    if parameters.sequencer is not None:
        _verify_sequencer(parameters, parameters.sequencer)


def _verify_feed(parameters: Parameters, name: str, feed: FeedParameters) -> None:
    place = ("feeds", name)
    _verify_view(parameters, place, "description", "IAggregatorV3", feed.address, feed.description)
    _verify_view(parameters, place, "decimals", "IAggregatorV3", feed.address, feed.decimals)
    _, _, _, updated_at, _ = _latest_round(parameters, (*place, "address"), feed.address)
    age = ape.chain.blocks.head.timestamp - updated_at
    if age > feed.max_age:
        raise parameters.problem((*place, "max_age"), f"the feed's latest round is {age} seconds old, more than that")


def _verify_sequencer(parameters: Parameters, sequencer: Sequencer) -> None:
    _, answer, started_at, _, _ = _latest_round(parameters, ("sequencer", "feed"), sequencer.feed)
    if answer != 0 or started_at == 0:
        message = f"the sequencer is not up: answer {answer}, started at {started_at}"
        raise parameters.problem(("sequencer", "feed"), message)
    valid_from = started_at + sequencer.grace_period
    if ape.chain.blocks.head.timestamp < valid_from:
        message = f"the sequencer changed at {started_at}: wait until {valid_from}"
        raise parameters.problem(("sequencer", "grace_period"), message)


def _latest_round(parameters: Parameters, place: tuple[str, ...], feed: str) -> tuple[int, ...]:
    """Round id, answer, start, update, round id: not more than a tuple, for the interface has no names for them."""
    return tuple(_view(parameters, place, "IAggregatorV3", feed, "latestRoundData"))


def _verify_view(
    parameters: Parameters, place: tuple[str, ...], view: str, contract: str, address: str, expected: str | int
) -> None:
    answer = _view(parameters, (*place, "address"), contract, address, view)
    if answer != expected:
        raise parameters.problem((*place, view), f"expected what {address} answers, {answer!r}, got {expected!r}")


def _view(parameters: Parameters, place: tuple[str, ...], contract: str, address: str, view: str) -> Any:
    if not ape.chain.provider.get_code(address):
        raise parameters.problem(place, f"there is no contract at {address} on chain {parameters.chain_id}")
    try:
        return getattr(instance(contract, address), view)()
    except (ContractNotFoundError, DecodingError, VirtualMachineError) as error:
        raise parameters.problem(place, f"the contract at {address} does not answer {view}(): {error}") from error


def instance(contract: str, address: str) -> ContractInstance:
    """The project's `contract` at `address`; asks no block explorer."""
    return _container(contract).at(address, fetch_from_explorer=False, detect_proxy=False)


def _container(contract: str) -> ContractContainer:
    return getattr(ape.project, contract)


def genesis() -> str:
    """The hash of block 0."""
    return to_hex(ape.chain.blocks[0].hash)


# --- the whole system ---


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


def connected_network() -> str:
    """Like `arbitrum:mainnet-fork`: a fork has the chain id and the blocks of its chain, but not the name."""
    network = ape.chain.provider.network
    return f"{network.ecosystem.name}:{network.name}"


def default_record_path() -> Path:
    """Where the record of the connected network is by default: `deployments/<network>.json` of the project.

    A fork ends with the run that made it, and nothing of it is worth keeping: its record goes to a temporary folder.
    """
    network = ape.chain.provider.network
    name = network.name if network.is_local else f"{network.ecosystem.name}-{network.name}"
    folder = Path(tempfile.mkdtemp()) if network.is_fork else Path(ape.project.path) / "deployments"
    return folder / f"{name}.json"


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
        return _container(step.contract)(*arguments, sender=self.account)

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


def code_hash(address: str) -> str:
    """Keccak-256 of the code at `address`."""
    return to_hex(keccak(bytes(ape.chain.provider.get_code(address))))


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


def compiler(contract: str) -> str:
    """The version of the compiler that made the project's `contract`."""
    for entry in ape.project.manifest.compilers or []:
        if contract in (entry.contractTypes or []):
            return str(entry.version)
    raise DeploymentError(f"{contract} was compiled by nobody knows what: run `ape compile --force`")
