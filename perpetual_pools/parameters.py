"""The parameters of a deployment: `load` reads them from one YAML file and checks all of it before anything is sent.

The file writes amounts with their units ("2 USDC", "1 hour", "2 %/year", "0.5 %"). They are exact: `load` converts them to
integers in the units of the contracts, without rounding. It reports all mistakes at once, each with its line and the value
that was expected there.

The file has four parts: the parsers of single values (some also read the options of commands), the sections of the file as
models, `load`, and the checks of values that must fit together.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, get_args

import yaml
from eth_utils.address import is_hex_address, to_checksum_address
from pydantic import BaseModel, BeforeValidator, ConfigDict, PrivateAttr, ValidationError, ValidationInfo
from pydantic_core import PydanticCustomError

from perpetual_pools.errors import PerpetualPoolsError
from perpetual_pools.formatting import as_utc
from perpetual_pools.model import ZERO_ADDRESS, PoolParams, Refused

Location = tuple[str | int, ...]
"""The path to a value in the file: keys, and positions in lists."""

LOCAL_CHAIN_ID = 31337
TEST_CHAIN_IDS = frozenset({LOCAL_CHAIN_ID, 421614})
"""Chains on which mocks may stand for feeds and tokens: local ones and Arbitrum Sepolia."""
SEQUENCED_CHAIN_IDS = frozenset({42161})
"""Chains whose sequencer has an uptime feed: Arbitrum One."""

TCR_DECIMALS = 18

_NULL = frozenset({"", "~", "null"})
_PERCENT = 10**16
_BASIS_POINTS = 100
"""Basis points in one percent."""
_SECONDS = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400}
_MOST_MAX_AGE = 7 * _SECONDS["day"]
"""The longest accepted `max_age`, in seconds.

No feed has a heartbeat longer than a day. A longer `max_age` is a mistake, like "25 days" for "25 hours", and would accept
the price of a dead feed.
"""
_QUANTITY = re.compile(r"(?P<number>[0-9]+(?:_[0-9]+)*(?:\.[0-9]+)?) ?(?P<unit>\S.*)")
_MARKET = re.compile(r"[!-.0-~]+/[!-.0-~]+")
"""Two words of visible ASCII, so that names that look alike are the same."""


class ParametersError(PerpetualPoolsError):
    """All mistakes in a parameters file. `problems` has the line and the message of each, from top to bottom."""

    def __init__(self, path: Path, problems: list[tuple[int, str]]) -> None:
        self.path = path
        self.problems = sorted(problems)
        super().__init__("\n".join(f"{path}:{line}: {message}" for line, message in self.problems))


ValueProblem = PydanticCustomError
"""A wrong value. The message says what was expected and what was found."""


# --- values ---


def _expected(what: str, got: object) -> ValueProblem:
    return ValueProblem("unexpected", "expected {what}, got {got}", {"what": what, "got": repr(got)})


def _quantity(value: object, units: dict[str, int], example: str) -> int:
    """Return `value` in the smallest unit. `units` gives the size of each accepted unit in smallest units."""
    match = _QUANTITY.fullmatch(value) if isinstance(value, str) else None
    if match is None or match["unit"] not in units:
        raise _expected(example, value)
    amount = Fraction(match["number"].replace("_", "")) * units[match["unit"]]
    if amount.denominator != 1:
        raise _expected(f"{example}, without a fraction of the smallest unit", value)
    return int(amount)


def parse_address(value: object) -> str:
    """Return the address with its checksum. Raises ValueProblem."""
    if not isinstance(value, str) or not is_hex_address(value) or not value.startswith("0x"):
        raise _expected("an address (0x and 40 hexadecimal digits)", value)
    digits = value[2:]
    if digits not in (digits.lower(), digits.upper()) and value != to_checksum_address(value):
        raise _expected(f"the address with its checksum ({to_checksum_address(value)} if every digit is right)", value)
    if value == ZERO_ADDRESS:
        raise _expected("an address other than zero", value)
    return to_checksum_address(value)


def _duration(value: object) -> int:
    units = {name + plural: seconds for name, seconds in _SECONDS.items() for plural in ("", "s")}
    return _quantity(value, units, 'a duration like "5 minutes" (seconds, minutes, hours or days)')


def _fraction(value: object) -> int:
    return _quantity(value, {"%": _PERCENT}, 'a fee like "0.5 %"')


def _yearly_rate(value: object) -> int:
    return _quantity(value, {"%/year": _PERCENT}, 'a yearly rate like "2 %/year"')


def parse_share(value: object) -> int:
    """Return a share like "40 %" in ten-thousandths. Raises ValueProblem."""
    bps = _quantity(value, {"%": _BASIS_POINTS}, 'a share like "40 %"')
    if bps > 100 * _BASIS_POINTS:
        raise _expected("at most 100 %", value)
    return bps


def parse_amount(value: object, symbol: str, decimals: int) -> int:
    """Return an amount like "10 USDC" in the token's smallest units. Raises ValueProblem."""
    return _quantity(value, {symbol: 10**decimals}, f'an amount like "10 {symbol}"')


@dataclass(frozen=True)
class After:
    """A time that is given as seconds after the deployment."""

    seconds: int


def _start(value: object) -> int | After:
    if isinstance(value, str) and value.endswith(" after deployment"):
        return After(_duration(value.removesuffix(" after deployment")))
    with suppress(ValueError):
        start = int(datetime.strptime(str(value), "%Y-%m-%d %H:%M UTC").replace(tzinfo=UTC).timestamp())
        if as_utc(start) == value:  # strptime also accepts the digits of other scripts
            return start
    raise _expected('a time like "2027-01-04 00:00 UTC" or "1 day after deployment"', value)


def _settlement_amount(value: object, info: ValidationInfo) -> int:
    token: tuple[str, int] | None = info.context
    if token is None:  # the token itself is wrong, and that is reported at its own line
        return 0
    symbol, decimals = token
    amount = parse_amount(value, symbol, decimals)
    if amount >= 2**128:
        raise _expected(f"less than 2**128 units of {symbol}", value)
    return amount


def _first_price(value: object, info: ValidationInfo) -> int | None:
    if value is None or "decimals" not in info.data:
        return None
    units = {"USD": 10 ** info.data["decimals"]}
    price = _quantity(value, units, 'a price like "30_000 USD"')
    if price == 0:
        raise _expected("a price above zero", value)
    return price


def _whole(value: object, minimum: int, maximum: int) -> int:
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{1,10}", value) or not minimum <= int(value) <= maximum:
        raise _expected(f"a whole number from {minimum} to {maximum}", value)
    return int(value)


def _integer(minimum: int, maximum: int) -> BeforeValidator:
    return BeforeValidator(lambda value: _whole(value, minimum, maximum))


def parse_weight(value: object) -> int:
    """Return a farm's weight. Raises ValueProblem."""
    return _whole(value, 0, 10**10 - 1)


def _text(value: object) -> str:
    if not isinstance(value, str) or not value or not value.isprintable() or value != value.strip():
        raise _expected("a text of visible characters, without spaces around it", value)
    return value


def _market(value: object) -> str:
    if not isinstance(value, str) or not _MARKET.fullmatch(value):
        raise _expected('a market like "BTC/USDC", in visible ASCII without spaces', value)
    return value


def _address_or(*words: str) -> BeforeValidator:
    def check(value: object) -> str:
        if value in words:
            return str(value)
        if not isinstance(value, str) or not value.startswith("0x"):
            raise _expected(" or ".join(["an address", *(f'"{word}"' for word in words)]), value)
        return parse_address(value)

    return BeforeValidator(check)


def _owner(value: object) -> str:
    if value in _NULL:
        raise ValueProblem("no_owner", "set your Safe: the address that will own the factory and the farm")
    return str(_address_or("deployer").func(value))  # type: ignore[call-arg]


Text = Annotated[str, BeforeValidator(_text)]
MarketName = Annotated[str, BeforeValidator(_market)]
Address = Annotated[str, BeforeValidator(parse_address)]
Owner = Annotated[str, BeforeValidator(_owner)]
AccountOrWord = Annotated[str, _address_or("deployer", "owner")]
AddressOrTest = Annotated[str, _address_or("test")]
Seconds = Annotated[int, BeforeValidator(_duration)]
WadFraction = Annotated[int, BeforeValidator(_fraction)]
WadPerYear = Annotated[int, BeforeValidator(_yearly_rate)]
SettlementUnits = Annotated[int, BeforeValidator(_settlement_amount)]
ChainId = Annotated[int, _integer(1, 2**32)]
Decimals = Annotated[int, _integer(0, 36)]
Leverage = Annotated[int, _integer(0, 255)]
Bps = Annotated[int, BeforeValidator(parse_share)]
Start = Annotated[int | After, BeforeValidator(_start)]
Weight = Annotated[int, BeforeValidator(parse_weight)]


# --- the file ---


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Token(_Section):
    """An ERC-20 token: the address of an existing one, or "test" for a mock with this name, symbol and decimals."""

    address: AddressOrTest
    name: Text
    symbol: Text
    decimals: Decimals


class Sequencer(_Section):
    """The chain's sequencer uptime feed."""

    feed: Address
    grace_period: Seconds


class FeedParameters(_Section):
    """A price feed: the address of an existing one, or "test" for a mock.

    A mock starts at `first_price`, which is in units of the feed's decimals. A feed's name in the file is its description
    without spaces.
    """

    address: AddressOrTest
    description: Text
    decimals: Decimals
    max_age: Seconds
    first_price: Annotated[int | None, BeforeValidator(_first_price)] = None


class PoolTerms(_Section):
    """The parameters that all pools of the deployment share. `PoolParams` documents the units."""

    rebalance_interval: Seconds
    front_running_interval: Seconds
    management_fee: WadPerYear
    mint_fee: WadFraction
    burn_fee: WadFraction
    keeper_reward_max: SettlementUnits
    keeper_reward_ramp: Seconds
    min_liquidity: SettlementUnits


class Amm(_Section):
    """The AMM: Uniswap V2, or an exchange that runs its code."""

    factory: Address
    router: Address


class FarmParameters(_Section):
    """The staking farm.

    `start` is in Unix seconds or a time after the farm's deployment. `primary` is the primary market's allocation in
    ten-thousandths.
    """

    reward_token: Token
    start: Start
    primary: Bps


class Market(_Section):
    """One pool. Its market names the asset that the feed prices, and the settlement token.

    `weight` is the weight of four farms: the two pool tokens' in the primary market, and their pairs' in the secondary one.
    """

    market: MarketName
    feed: Text
    leverage: Leverage
    weight: Weight

    @property
    def name(self) -> str:
        """The pool's name, like `3-BTC/USDC`."""
        return f"{self.leverage}-{self.market}"

    @property
    def tokens(self) -> tuple[str, str]:
        """The names of the pool tokens, like `3L-BTC/USDC` and `3S-BTC/USDC`."""
        return f"{self.leverage}L-{self.market}", f"{self.leverage}S-{self.market}"


def _section_or(word: str) -> BeforeValidator:
    return BeforeValidator(lambda value: None if value == word else value)


class Parameters(_Section):
    """All parameters of a deployment: the chain, the owner, the tokens, the feeds, the AMM, the farm and the pools.

    `sequencer` is None on a chain without one. `amm` is None if the deployment creates a test AMM of its own.
    """

    chain_id: ChainId
    owner: Owner
    fee_recipient: AccountOrWord
    settlement_token: Token
    sequencer: Annotated[Sequencer | None, _section_or("none")]
    feeds: dict[str, FeedParameters]
    amm: Annotated[Amm | None, _section_or("test")]
    farm: FarmParameters
    pool: PoolTerms
    markets: list[Market]

    _path: Path = PrivateAttr(default=Path("parameters"))
    _lines: dict[Location, int] = PrivateAttr(default_factory=dict)

    def problem(self, location: Location, message: str) -> ParametersError:
        """Return an error for that place in the file."""
        return ParametersError(self._path, [(_line(self._lines, location), message)])

    def pool_params(self, market: Market, settlement_token: str, oracle: str) -> PoolParams:
        """Return the parameters with which the factory deploys the pool of `market`."""
        return PoolParams(
            market=market.market,
            settlement_token=settlement_token,
            oracle=oracle,
            leverage=market.leverage,
            **self.pool.model_dump(),
        )


def load(path: Path) -> Parameters:
    """Return the parameters in the file. Raises ParametersError with all mistakes, or OSError if it cannot be read."""
    lines: dict[Location, int] = {}
    duplicates: list[tuple[int, str]] = []
    try:
        text = path.read_text(encoding="utf-8")
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        aliases = [
            (event.start_mark.line + 1, f"expected the value itself, got the alias *{event.anchor}")
            for event in yaml.parse(text, Loader=yaml.SafeLoader)
            if isinstance(event, yaml.AliasEvent) and event.start_mark
        ]
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise ParametersError(path, [(mark.line + 1 if mark else 1, f"not YAML: {error.problem}")]) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ParametersError(path, [(1, f"not YAML: {error}")]) from error
    if aliases:  # an alias can contain itself, and nested aliases multiply the size of the data
        raise ParametersError(path, aliases)
    data = _read(root, (), lines, duplicates) if root is not None else {}
    if duplicates:
        raise ParametersError(path, duplicates)

    try:
        parameters = Parameters.model_validate(data, context=_settlement_unit(data))
    except ValidationError as error:
        problems = [_explain(dict(problem)) for problem in error.errors(include_url=False)]
    else:
        parameters._path, parameters._lines = path, lines
        problems = list(_conflicts(parameters))
        if not problems:
            return parameters
    raise ParametersError(path, [(_line(lines, location), message) for location, message in problems])


def _read(node: yaml.Node, location: Location, lines: dict[Location, int], duplicates: list[tuple[int, str]]) -> Any:
    """Return plain dicts, lists and texts. The model of the section decides what each text means."""
    lines.setdefault(location, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        mapping: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key, line = str(key_node.value), key_node.start_mark.line + 1
            if key in mapping:
                duplicates.append((line, f"`{key}` appears twice, first on line {lines[(*location, key)]}"))
                continue
            lines[(*location, key)] = line
            mapping[key] = _read(value_node, (*location, key), lines, duplicates)
        return mapping
    if isinstance(node, yaml.SequenceNode):
        return [_read(item, (*location, i), lines, duplicates) for i, item in enumerate(node.value)]
    return node.value


def _line(lines: dict[Location, int], location: Location) -> int:
    """Return the line of the value, or of the innermost section around it that the file has."""
    while location and location not in lines:
        location = location[:-1]
    return lines.get(location, 1)


def _settlement_unit(data: Any) -> tuple[str, int] | None:
    """Return the symbol and decimals that amounts of the settlement token need, or None if they are wrong."""
    try:
        token = Token.model_validate(data["settlement_token"])
    except (ValidationError, KeyError, TypeError):
        return None
    return token.symbol, token.decimals


def _explain(problem: dict[str, Any]) -> tuple[Location, str]:
    location: Location = problem["loc"]
    key = location[-1] if location else ""
    match problem["type"]:
        case "missing":
            return location, f"`{key}` is missing"
        case "extra_forbidden":
            known = _keys_at(location[:-1])
            close = difflib.get_close_matches(str(key), known, n=1)
            hint = f"did you mean `{close[0]}`?" if close else f"expected one of: {', '.join(known)}"
            return location, f"unknown key `{key}`; {hint}"
        case "model_type" | "dict_type":
            return location, f"expected a section with keys, got {problem['input']!r}"
        case "list_type":
            return location, f"expected a list, got {problem['input']!r}"
        case _:
            return location, str(problem["msg"])


def _keys_at(location: Location) -> list[str]:
    section: Any = Parameters
    for part in location:
        if isinstance(section, type) and issubclass(section, BaseModel):
            annotation: Any = section.model_fields[str(part)].annotation
        else:
            annotation = get_args(section)[-1]
        choices = [choice for choice in get_args(annotation) if isinstance(choice, type) and choice is not type(None)]
        is_container = getattr(annotation, "__origin__", None) in (dict, list)
        section = annotation if is_container or not choices else choices[0]
    return list(section.model_fields)


# --- values that must fit together ---


def _conflicts(parameters: Parameters) -> Iterator[tuple[Location, str]]:
    if parameters.chain_id not in TEST_CHAIN_IDS:
        yield from _only_for_tests(parameters)
    if parameters.sequencer is None and parameters.chain_id in SEQUENCED_CHAIN_IDS:
        yield ("sequencer",), f"expected a section with keys: chain {parameters.chain_id} has a sequencer"
    if parameters.sequencer is not None and parameters.sequencer.grace_period == 0:
        place: Location = ("sequencer", "grace_period")
        yield place, "expected more than 0 seconds: users need time to react when the sequencer is up again"
    yield from _feed_conflicts(parameters)
    if parameters.farm.reward_token.decimals != TCR_DECIMALS:
        place = ("farm", "reward_token", "decimals")
        yield place, f"expected {TCR_DECIMALS}: the programme of emissions counts in wei"
    yield from _market_conflicts(parameters)
    yield from _shared_addresses(parameters)
    yield from _refusals(parameters)


def _feed_conflicts(parameters: Parameters) -> Iterator[tuple[Location, str]]:
    if not parameters.feeds:
        yield ("feeds",), "expected at least one feed"
    for name, feed in parameters.feeds.items():
        if feed.address == "test" and feed.first_price is None:
            yield ("feeds", name, "first_price"), "`first_price` is missing: a test feed starts with it"
        if feed.address != "test" and feed.first_price is not None:
            yield ("feeds", name, "first_price"), "expected no first price: this feed has its own"
        if "".join(feed.description.split()) != name:
            message = f"expected a description that reads {name} without its spaces, got {feed.description!r}"
            yield ("feeds", name, "description"), message
        if feed.max_age == 0:
            yield ("feeds", name, "max_age"), "expected more than 0 seconds: no round would ever be fresh"
        if feed.max_age > _MOST_MAX_AGE:
            yield ("feeds", name, "max_age"), "expected at most 7 days: no feed's heartbeat is longer than a day"


def _market_conflicts(parameters: Parameters) -> Iterator[tuple[Location, str]]:
    if not parameters.markets:
        yield ("markets",), "expected at least one market"
    names: set[str] = set()
    for i, market in enumerate(parameters.markets):
        base, _, quote = market.market.partition("/")
        if market.feed not in parameters.feeds:
            message = f"expected one of the feeds ({', '.join(parameters.feeds)}), got {market.feed!r}"
            yield ("markets", i, "feed"), message
        elif market.feed.partition("/")[0] != base:
            yield (
                ("markets", i, "feed"),
                f"expected a feed of {base} for the market {market.market}, got {market.feed!r}",
            )
        if quote != parameters.settlement_token.symbol:
            message = f"expected a market in the settlement token, {base}/{parameters.settlement_token.symbol}"
            yield ("markets", i, "market"), f"{message}, got {market.market!r}"
        if market.name in names:
            yield ("markets", i), f"expected each market once, got {market.name} again"
        names.add(market.name)


def _shared_addresses(parameters: Parameters) -> Iterator[tuple[Location, str]]:
    """Yield addresses that have two roles, and contracts that would own the system or receive its fees."""
    roles: dict[str, str] = {}
    receivers = [("", (key,), getattr(parameters, key)) for key in ("owner", "fee_recipient")]
    for role, location, address in (*_contracts(parameters), *receivers):
        if address in roles:
            yield location, f"expected an address other than that of the {roles[address]}, got {address}"
        elif role and address != "test":
            roles[address] = role


def _contracts(parameters: Parameters) -> Iterator[tuple[str, Location, str]]:
    """Yield the role, place and address of each contract that the file names."""
    yield "settlement token", ("settlement_token", "address"), parameters.settlement_token.address
    yield "reward token", ("farm", "reward_token", "address"), parameters.farm.reward_token.address
    for name, feed in parameters.feeds.items():
        yield f"feed {name}", ("feeds", name, "address"), feed.address
    if parameters.sequencer is not None:
        yield "sequencer's feed", ("sequencer", "feed"), parameters.sequencer.feed
    if parameters.amm is not None:
        yield "AMM's factory", ("amm", "factory"), parameters.amm.factory
        yield "AMM's router", ("amm", "router"), parameters.amm.router


def _only_for_tests(parameters: Parameters) -> Iterator[tuple[Location, str]]:
    reason = f"chain {parameters.chain_id} is not a test chain"
    for _, location, address in _contracts(parameters):
        if address == "test":
            yield location, f"expected an address: {reason}"
    if parameters.amm is None:
        yield ("amm",), f"expected a section with keys: {reason}"
    if parameters.owner == "deployer":
        yield ("owner",), f"expected the address of your Safe: {reason}"
    if parameters.fee_recipient == "deployer":
        yield ("fee_recipient",), f'expected an address or "owner": {reason}'


def _refusals(parameters: Parameters) -> Iterator[tuple[Location, str]]:
    """Yield the values that the contracts would refuse, each of them once."""
    seen: set[Location] = set()
    for i, market in enumerate(parameters.markets):
        params = parameters.pool_params(market, ZERO_ADDRESS, ZERO_ADDRESS)
        try:
            params.validate(parameters.settlement_token.decimals)
        except Refused as refusal:
            location = _place(refusal, i)
            if location not in seen:
                seen.add(location)
                yield location, f"the contract would refuse it: {refusal}"


def _place(refusal: Refused, market: int) -> Location:
    places: dict[str, Location] = {
        "MarketLengthOutOfBounds": ("markets", market, "market"),
        "LeverageOutOfBounds": ("markets", market, "leverage"),
        "RebalanceIntervalOutOfBounds": ("pool", "rebalance_interval"),
        "FrontRunningIntervalTooLong": ("pool", "front_running_interval"),
        "ManagementFeeTooHigh": ("pool", "management_fee"),
        "MintFeeTooHigh": ("pool", "mint_fee"),
        "BurnFeeTooHigh": ("pool", "burn_fee"),
        "KeeperRewardRampTooLong": ("pool", "keeper_reward_ramp"),
        "SettlementDecimalsOutOfBounds": ("settlement_token", "decimals"),
        "MinLiquidityTooLow": ("pool", "min_liquidity"),
    }
    return places[refusal.error]
