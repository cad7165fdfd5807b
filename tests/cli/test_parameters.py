"""deploy/local.yaml as it is read, and what is said of files that are wrong."""

from pathlib import Path

import pytest

from perpetual_pools.model import PoolParams, Refused
from perpetual_pools.parameters import After, Parameters, ParametersError, load

LOCAL = Path(__file__).parents[2] / "deploy" / "local.yaml"
ORACLE, TOKEN = "0x00000000000000000000000000000000000000A1", "0x00000000000000000000000000000000000000A2"
USDC = "0xaf88d065e77c8cC2239327C5EDb3A432268e5831"
TCR = "0xA72159FC390f0E3C6D415e658264c7c4051E9b87"
AMM_FACTORY, AMM_ROUTER = "0xf1D7CC64Fb4452F05c498126312eBE29f30Fbcf9", "0x4752ba5DBc23f44D87826276BF6Fd6b1C372aD24"
SAFE, TREASURY = "0x00000000000000000000000000000000000000A3", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
BTC_USD, SEQUENCER = "0x6ce185860a4963106506C203335A2910413708e9", "0xFdB631F5EE196F0ed6FAa767959853A9F217697D"

VALID = f"""\
chain_id: 42161
owner: {SAFE}
fee_recipient: {TREASURY}
settlement_token:
  address: {USDC}
  name: USD Coin
  symbol: USDC
  decimals: 6
sequencer:
  feed: {SEQUENCER}
  grace_period: 1 hour
feeds:
  BTC/USD:
    address: {BTC_USD}
    description: BTC / USD
    decimals: 8
    max_age: 25 hours
pool:
  rebalance_interval: 1 hour
  front_running_interval: 5 minutes
  management_fee: 2 %/year
  mint_fee: 0.5 %
  burn_fee: 0 %
  keeper_reward_max: 2 USDC
  keeper_reward_ramp: 10 minutes
  min_liquidity: 10.5 USDC
amm:
  factory: {AMM_FACTORY}
  router: {AMM_ROUTER}
farm:
  reward_token:
    address: {TCR}
    name: Tracer
    symbol: TCR
    decimals: 18
  start: 2027-01-04 00:00 UTC
  primary: 40 %
markets:
  - market: BTC/USDC
    feed: BTC/USD
    leverage: 3
    weight: 2
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "parameters.yaml"


def problems_of(file: Path, text: str) -> list[tuple[int, str]]:
    file.write_text(text)
    with pytest.raises(ParametersError) as raised:
        load(file)
    for (line, message), printed in zip(raised.value.problems, str(raised.value).splitlines(), strict=True):
        assert printed == f"{file}:{line}: {message}"
    return raised.value.problems


def parsed(file: Path, text: str) -> Parameters:
    file.write_text(text)
    return load(file)


def test_local_yaml__asks_for_the_four_launch_markets() -> None:
    parameters = load(LOCAL)
    assert [market.name for market in parameters.markets] == ["1-BTC/USDC", "3-BTC/USDC", "1-ETH/USDC", "3-ETH/USDC"]
    assert [market.feed for market in parameters.markets] == ["BTC/USD", "BTC/USD", "ETH/USD", "ETH/USD"]
    assert parameters.pool_params(parameters.markets[3], TOKEN, ORACLE) == PoolParams(
        market="ETH/USDC",
        settlement_token=TOKEN,
        oracle=ORACLE,
        leverage=3,
        rebalance_interval=3_600,
        front_running_interval=300,
        management_fee=2 * 10**16,
        mint_fee=0,
        burn_fee=0,
        keeper_reward_max=2_000_000,
        keeper_reward_ramp=600,
        min_liquidity=10_000_000,
    )
    assert parameters.model_dump(exclude={"pool", "markets"}) == {
        "chain_id": 31337,
        "owner": "deployer",
        "fee_recipient": "deployer",
        "settlement_token": {"address": "test", "name": "USD Coin", "symbol": "USDC", "decimals": 6},
        "sequencer": None,
        "feeds": {
            pair: {
                "address": "test",
                "description": pair.replace("/", " / "),
                "decimals": 8,
                "max_age": 90_000,
                "first_price": price * 10**8,
            }
            for pair, price in (("BTC/USD", 30_000), ("ETH/USD", 2_000))
        },
        "amm": None,
        "farm": {
            "reward_token": {"address": "test", "name": "Tracer", "symbol": "TCR", "decimals": 18},
            "start": {"seconds": 86_400},
            "primary": 4_000,
        },
    }
    assert parameters.farm.start == After(86_400)
    assert [market.weight for market in parameters.markets] == [1, 1, 1, 1]
    assert parameters.markets[3].tokens == ("3L-ETH/USDC", "3S-ETH/USDC")


def test_load__units__become_integers_of_the_contracts(file: Path) -> None:
    parameters = parsed(file, VALID)
    assert parameters.pool.model_dump() == {
        "rebalance_interval": 3_600,
        "front_running_interval": 300,
        "management_fee": 2 * 10**16,
        "mint_fee": 5 * 10**15,
        "burn_fee": 0,
        "keeper_reward_max": 2_000_000,
        "keeper_reward_ramp": 600,
        "min_liquidity": 10_500_000,
    }
    assert parameters.sequencer is not None
    assert parameters.sequencer.grace_period == 3_600
    assert parameters.feeds["BTC/USD"].max_age == 90_000
    assert parameters.owner == SAFE
    assert parameters.fee_recipient == TREASURY
    assert parameters.amm is not None
    assert parameters.amm.model_dump() == {"factory": AMM_FACTORY, "router": AMM_ROUTER}
    assert parameters.farm.model_dump() == {
        "reward_token": {"address": TCR, "name": "Tracer", "symbol": "TCR", "decimals": 18},
        "start": 1_799_020_800,
        "primary": 4_000,
    }
    assert parameters.markets[0].weight == 2


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("1 second", 1), ("90 seconds", 90), ("1.5 minutes", 90), ("2 hours", 7_200), ("1 day", 86_400), ("1day", 86_400)],
)
def test_load__duration__any_unit(file: Path, text: str, seconds: int) -> None:
    parameters = parsed(file, VALID.replace("max_age: 25 hours", f"max_age: {text}"))
    assert parameters.feeds["BTC/USD"].max_age == seconds


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("12_345_678.901234567890123457", 12_345_678_901_234_567_890_123_457),
        ("340_282_366_920_938_463_463.374607431768211455", 2**128 - 1),  # 39 digits: Python's decimals keep 28
    ],
)
def test_load__amount__is_exact_to_the_last_digit(file: Path, text: str, units: int) -> None:
    with_18_decimals = VALID.replace("decimals: 6", "decimals: 18").replace("10.5 USDC", "1.1 USDC")
    parameters = parsed(file, with_18_decimals.replace("2 USDC", f"{text} USDC"))
    assert parameters.pool.keeper_reward_max == units
    assert parameters.pool.min_liquidity == 1_100_000_000_000_000_000


NO_OWNER = "set your Safe: the address that will own the factory and the farm"
TIME = 'a time like "2027-01-04 00:00 UTC" or "1 day after deployment"'
TEXT = "a text of visible characters, without spaces around it"
MARKET = 'a market like "BTC/USDC", in visible ASCII without spaces'
DURATION = 'a duration like "5 minutes" (seconds, minutes, hours or days)'


@pytest.mark.parametrize(
    ("good", "bad", "line", "message"),
    [
        ("chain_id: 42161", "chain_id: arbitrum", 1, "expected a whole number from 1 to 4294967296, got 'arbitrum'"),
        ("chain_id: 42161", "chain_id: 0", 1, "expected a whole number from 1 to 4294967296, got '0'"),
        (f"owner: {SAFE}", "owner: null", 2, NO_OWNER),
        (f"owner: {SAFE}", "owner:", 2, NO_OWNER),
        (f"owner: {SAFE}", "owner: 0x" + "0" * 40, 2, f"expected an address other than zero, got '0x{'0' * 40}'"),
        (
            f"owner: {SAFE}",
            f"owner: {USDC[:-1]}",
            2,
            f"expected an address (0x and 40 hexadecimal digits), got '{USDC[:-1]}'",
        ),
        (
            f"fee_recipient: {TREASURY}",
            f"fee_recipient: {TREASURY.replace('aA', 'Aa')}",
            3,
            f"expected the address with its checksum ({TREASURY} if every digit is right), "
            f"got '{TREASURY.replace('aA', 'Aa')}'",
        ),
        (f"address: {USDC}", "address: tset", 5, "expected an address or \"test\", got 'tset'"),
        (f"address: {USDC}", "address: test", 5, "expected an address: chain 42161 is not a test chain"),
        ("decimals: 6", "decimals: 37", 8, "expected a whole number from 0 to 36, got '37'"),
        (
            "decimals: 6",
            "decimals: 5",
            8,
            "the contract would refuse it: SettlementDecimalsOutOfBounds(decimals=5, minimum=6, maximum=18)",
        ),
        ("grace_period: 1 hour", "grace_period: 3600", 11, f"expected {DURATION}, got '3600'"),
        (
            "grace_period: 1 hour",
            "grace_period: 0 seconds",
            11,
            "expected more than 0 seconds: users need time to react when the sequencer is up again",
        ),
        ("name: USD Coin", 'name: "USD\\e[31m"', 6, f"expected {TEXT}, got 'USD\\x1b[31m'"),
        ("symbol: USDC", 'symbol: "USDC "', 7, f"expected {TEXT}, got 'USDC '"),
        (
            "description: BTC / USD",
            "description: ETH / USD",
            15,
            "expected a description that reads BTC/USD without its spaces, got 'ETH / USD'",
        ),
        (
            "max_age: 25 hours",
            "max_age: 604801 seconds",
            17,
            "expected at most 7 days: no feed's heartbeat is longer than a day",
        ),
        ("max_age: 25 hours", "max_age: 25 weeks", 17, f"expected {DURATION}, got '25 weeks'"),
        ("max_age: 25 hours", "max_age: -1 hours", 17, f"expected {DURATION}, got '-1 hours'"),
        ("max_age: 25 hours", "max_age: 0 hours", 17, "expected more than 0 seconds: no round would ever be fresh"),
        (
            "max_age: 25 hours",
            "max_age: 0.5 seconds",
            17,
            f"expected {DURATION}, without a fraction of the smallest unit, got '0.5 seconds'",
        ),
        (
            "    max_age: 25 hours",
            "    max_age: 25 hours\n    first_price: 2 USD",
            18,
            "expected no first price: this feed has its own",
        ),
        (
            "interval: 1 hour",
            "interval: 9 minutes",
            19,
            "the contract would refuse it: RebalanceIntervalOutOfBounds(interval=540, minimum=600, maximum=604800)",
        ),
        (
            "5 minutes",
            "1 hour",
            20,
            "the contract would refuse it: FrontRunningIntervalTooLong(frontRunningInterval=3600, rebalanceInterval=3600)",
        ),
        ("2 %/year", "2 %", 21, "expected a yearly rate like \"2 %/year\", got '2 %'"),
        (
            "2 %/year",
            "10.01 %/year",
            21,
            "the contract would refuse it: ManagementFeeTooHigh(fee=100100000000000000, maximum=100000000000000000)",
        ),
        ("0.5 %", "0.5", 22, "expected a fee like \"0.5 %\", got '0.5'"),
        (
            "0.5 %",
            "0.00000000000000001 %",
            22,
            "expected a fee like \"0.5 %\", without a fraction of the smallest unit, got '0.00000000000000001 %'",
        ),
        (
            "0.5 %",
            "11 %",
            22,
            "the contract would refuse it: MintFeeTooHigh(fee=110000000000000000, maximum=100000000000000000)",
        ),
        (
            "burn_fee: 0 %",
            "burn_fee: 11 %",
            23,
            "the contract would refuse it: BurnFeeTooHigh(fee=110000000000000000, maximum=100000000000000000)",
        ),
        ("2 USDC", "2 USDT", 24, "expected an amount like \"10 USDC\", got '2 USDT'"),
        ("2 USDC", "2__ USDC", 24, "expected an amount like \"10 USDC\", got '2__ USDC'"),
        ("2 USDC", "٢ USDC", 24, "expected an amount like \"10 USDC\", got '٢ USDC'"),
        ("2 USDC", "2", 24, "expected an amount like \"10 USDC\", got '2'"),
        (
            "2 USDC",
            "0.0000001 USDC",
            24,
            "expected an amount like \"10 USDC\", without a fraction of the smallest unit, got '0.0000001 USDC'",
        ),
        ("2 USDC", f"{2**128} USDC", 24, f"expected less than 2**128 units of USDC, got '{2**128} USDC'"),
        (
            "10 minutes",
            "61 minutes",
            25,
            "the contract would refuse it: KeeperRewardRampTooLong(ramp=3660, rebalanceInterval=3600)",
        ),
        (
            "10.5 USDC",
            "0.5 USDC",
            26,
            "the contract would refuse it: MinLiquidityTooLow(minLiquidity=500000, minimum=1000000)",
        ),
        *(
            ("market: BTC/USDC", f'market: "{market}"', 39, f"expected {MARKET}, got {market!r}")
            for market in (
                "BTC",
                "BTC/",
                "/USDC",
                "BTC/USDC/USDC",
                "BTC/USDC ",
                "B TC/USDC",
                "\N{CYRILLIC CAPITAL LETTER VE}TC/USDC",
            )
        ),
        (
            "market: BTC/USDC",
            "market: BTC/USDT",
            39,
            "expected a market in the settlement token, BTC/USDC, got 'BTC/USDT'",
        ),
        (
            "market: BTC/USDC",
            "market: ETH/USDC",
            40,
            "expected a feed of ETH for the market ETH/USDC, got 'BTC/USD'",
        ),
        ("feed: BTC/USD", "feed: BTC/EUR", 40, "expected one of the feeds (BTC/USD), got 'BTC/EUR'"),
        (
            "leverage: 3",
            "leverage: 11",
            41,
            "the contract would refuse it: LeverageOutOfBounds(leverage=11, minimum=1, maximum=10)",
        ),
        ("leverage: 3", "leverage: ٣", 41, "expected a whole number from 0 to 255, got '٣'"),
        ("leverage: 3", "leverage: 2.5", 41, "expected a whole number from 0 to 255, got '2.5'"),
        ("weight: 2", "weight: 10000000000", 42, "expected a whole number from 0 to 9999999999, got '10000000000'"),
        (f"owner: {SAFE}", "owner: deployer", 2, "expected the address of your Safe: chain 42161 is not a test chain"),
        (f"owner: {SAFE}", "owner: owner", 2, "expected an address or \"deployer\", got 'owner'"),
        (
            f"fee_recipient: {TREASURY}",
            "fee_recipient: me",
            3,
            'expected an address or "deployer" or "owner", got \'me\'',
        ),
        (
            f"fee_recipient: {TREASURY}",
            "fee_recipient: deployer",
            3,
            'expected an address or "owner": chain 42161 is not a test chain',
        ),
        (f"address: {TCR}", "address: test", 32, "expected an address: chain 42161 is not a test chain"),
        ("decimals: 18", "decimals: 6", 35, "expected 18: the programme of emissions counts in wei"),
        ("start: 2027-01-04 00:00 UTC", "start: 2027-01-04", 36, f"expected {TIME}, got '2027-01-04'"),
        ("start: 2027-01-04", "start: ٢٠٢٧-01-04", 36, f"expected {TIME}, got '٢٠٢٧-01-04 00:00 UTC'"),
        ("start: 2027-01-04 00:00 UTC", "start: soon after deployment", 36, f"expected {DURATION}, got 'soon'"),
        ("40 %", "100.01 %", 37, "expected at most 100 %, got '100.01 %'"),
        (
            "40 %",
            "0.001 %",
            37,
            "expected a share like \"40 %\", without a fraction of the smallest unit, got '0.001 %'",
        ),
    ],
)
def test_load__wrong_value__is_told_with_its_line(file: Path, good: str, bad: str, line: int, message: str) -> None:
    assert good in VALID
    assert problems_of(file, VALID.replace(good, bad, 1)) == [(line, message)]


KEYS = "chain_id, owner, fee_recipient, settlement_token, sequencer, feeds, amm, farm, pool, markets"


@pytest.mark.parametrize(
    ("good", "bad", "problems"),
    [
        (
            f"owner: {SAFE}",
            f"ownr: {SAFE}",
            [(1, "`owner` is missing"), (2, "unknown key `ownr`; did you mean `owner`?")],
        ),
        (
            "  grace_period: 1 hour",
            "  grace_period: 1 hour\n  x: 1",
            [(12, "unknown key `x`; expected one of: feed, grace_period")],
        ),
        (
            "    decimals: 8",
            "    precision: 8",
            [
                (13, "`decimals` is missing"),
                (16, "unknown key `precision`; expected one of: address, description, decimals, max_age, first_price"),
            ],
        ),
        (
            "    feed: BTC/USD\n",
            "    fed: BTC/USD\n",
            [(39, "`feed` is missing"), (40, "unknown key `fed`; did you mean `feed`?")],
        ),
        ("  mint_fee: 0.5 %\n", "", [(18, "`mint_fee` is missing")]),
        ("  decimals: 6", "  decimals: 6\n  decimals: 8", [(9, "`decimals` appears twice, first on line 8")]),
        (
            "pool:",
            "pool: 1\nrest:",
            [(18, "expected a section with keys, got '1'"), (19, f"unknown key `rest`; expected one of: {KEYS}")],
        ),
        (
            "sequencer:",
            "sequencer: nowhere\nrest:",
            [(9, "expected a section with keys, got 'nowhere'"), (10, f"unknown key `rest`; expected one of: {KEYS}")],
        ),
        (
            "markets:",
            "markets: BTC/USDC\nrest:",
            [(38, "expected a list, got 'BTC/USDC'"), (39, f"unknown key `rest`; expected one of: {KEYS}")],
        ),
    ],
)
def test_load__wrong_keys__are_told_with_their_lines(
    file: Path, good: str, bad: str, problems: list[tuple[int, str]]
) -> None:
    assert good in VALID
    assert problems_of(file, VALID.replace(good, bad, 1)) == problems


def test_load__several_problems__are_all_told_from_the_top(file: Path) -> None:
    text = VALID.replace("2 %/year", "2 %").replace("chain_id: 42161", "chain_id: x").replace("10.5 USDC", "10.5")
    assert problems_of(file, text) == [
        (1, "expected a whole number from 1 to 4294967296, got 'x'"),
        (21, "expected a yearly rate like \"2 %/year\", got '2 %'"),
        (26, "expected an amount like \"10 USDC\", got '10.5'"),
    ]


def test_load__same_market_twice__is_told_at_the_second(file: Path) -> None:
    text = VALID + "  - market: BTC/USDC\n    feed: BTC/USD\n    leverage: 3\n    weight: 1\n"
    assert problems_of(file, text) == [(43, "expected each market once, got 3-BTC/USDC again")]


def test_load__name_longer_than_the_contract_takes__is_told(file: Path) -> None:
    assert problems_of(file, VALID.replace("BTC", "M" * 20)) == [
        (39, "the contract would refuse it: MarketLengthOutOfBounds(length=25, minimum=1, maximum=24)")
    ]


@pytest.mark.parametrize(
    ("address", "line", "same", "role"),
    [
        (TCR, 32, USDC, "settlement token"),
        (BTC_USD, 14, USDC, "settlement token"),
        (SEQUENCER, 10, BTC_USD, "feed BTC/USD"),
        (AMM_FACTORY, 28, TCR, "reward token"),
        (AMM_ROUTER, 29, AMM_FACTORY, "AMM's factory"),
        (SAFE, 2, SEQUENCER, "sequencer's feed"),
        (TREASURY, 3, AMM_ROUTER, "AMM's router"),
    ],
)
def test_load__one_address_for_two_things__is_told_at_the_second(
    file: Path, address: str, line: int, same: str, role: str
) -> None:
    """However it is written."""
    assert problems_of(file, VALID.replace(address, same.lower())) == [
        (line, f"expected an address other than that of the {role}, got {same}")
    ]


def test_load__one_feed_under_two_names__is_told_at_the_second(file: Path) -> None:
    second = f"""\
  ETH/USD:
    address: {BTC_USD}
    description: ETH / USD
    decimals: 8
    max_age: 25 hours
pool:
"""
    assert problems_of(file, VALID.replace("pool:\n", second)) == [
        (19, f"expected an address other than that of the feed BTC/USD, got {BTC_USD}")
    ]


def test_load__owner_who_gets_the_fees__is_accepted(file: Path) -> None:
    assert parsed(file, VALID.replace(TREASURY, SAFE)).fee_recipient == SAFE


def test_load__no_sequencer__is_told_on_arbitrum_one_only(file: Path) -> None:
    text = VALID.replace(VALID[VALID.index("sequencer:") : VALID.index("feeds:")], "sequencer: none\n")
    assert problems_of(file, text) == [(9, "expected a section with keys: chain 42161 has a sequencer")]
    assert parsed(file, text.replace("42161", "421614")).sequencer is None


def test_load__no_market__is_told(file: Path) -> None:
    text = VALID[: VALID.index("markets:")] + "markets: []\n"
    assert problems_of(file, text) == [(38, "expected at least one market")]


def test_load__test_feed_without_first_price__is_told(file: Path) -> None:
    text = VALID.replace("42161", "31337").replace(BTC_USD, "test")
    assert problems_of(file, text) == [(13, "`first_price` is missing: a test feed starts with it")]
    text = text.replace("    max_age: 25 hours", "    max_age: 25 hours\n    first_price: 0 USD")
    assert problems_of(file, text) == [(18, "expected a price above zero, got '0 USD'")]


def test_load__amm_for_tests_on_a_real_chain__is_told(file: Path) -> None:
    text = VALID.replace(f"amm:\n  factory: {AMM_FACTORY}\n  router: {AMM_ROUTER}\n", "amm: test\n")
    assert problems_of(file, text) == [(27, "expected a section with keys: chain 42161 is not a test chain")]


def test_load__not_yaml__is_told_with_its_line(file: Path) -> None:
    assert problems_of(file, VALID.replace(f"owner: {SAFE}", "owner: [deployer")) == [
        (3, "not YAML: expected ',' or ']', but got ':'")
    ]


def test_load__alias__is_told_with_its_line(file: Path) -> None:
    """One that stands in itself would never end."""
    assert problems_of(file, VALID[: VALID.index("markets:")] + "markets: &a\n  - *a\n") == [
        (39, "expected the value itself, got the alias *a")
    ]
    text = VALID.replace("mint_fee: 0.5 %", "mint_fee: &fee 0.5 %").replace("burn_fee: 0 %", "burn_fee: *fee")
    assert problems_of(file, text) == [(23, "expected the value itself, got the alias *fee")]


def test_load__empty_file__misses_everything(file: Path) -> None:
    assert problems_of(file, "") == [(1, f"`{key}` is missing") for key in sorted(KEYS.split(", "))]


def test_load__missing_file__says_so(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "nowhere.yaml")


def test_pool_params__bounds__are_those_that_the_model_shares_with_the_contract(file: Path) -> None:
    """What `load` lets through, the model accepts: no bound of the file stands beside those of the contract."""
    parameters = parsed(file, VALID)
    params = parameters.pool_params(parameters.markets[0], USDC, ORACLE)
    params.validate(6)
    with pytest.raises(Refused) as refused:
        params.validate(8)
    assert (refused.value.error, refused.value.arguments) == (
        "MinLiquidityTooLow",
        {"minLiquidity": 10_500_000, "minimum": 10**8},
    )
