"""The package installed from a wheel works where no checkout is: it has its data, deploys a pool, and reads it."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from tests.support.anvil import anvil

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "perpetual_pools"
SITE_PACKAGES = Path(sysconfig.get_path("purelib"))

PROGRAM = """
import json, sys
from pathlib import Path
import ape
from perpetual_pools.chain import contracts
from perpetual_pools.chain.networks import connected_network, default_record_path, genesis
from perpetual_pools.deployment import explorer
from perpetual_pools.model import PoolParams
from perpetual_pools import records

settings = {"host": sys.argv[1], "manage_process": False}
with ape.networks.ethereum.local.use_provider("foundry", settings, disconnect_after=True):
    account = ape.accounts.test_accounts[0]
    now = ape.chain.blocks.head.timestamp
    token = contracts.deploy_settlement_token(account, "USD Coin", "USDC", 6)
    feed = contracts.deploy_feed(account, 8, "BTC / USD")
    feed.pushRound(1, 30_000 * 10**8, now, now, sender=account)
    oracle = contracts.deploy_wrapper(account, feed, None, 90_000, 0)
    factory = contracts.deploy_factory(account, account, account)
    params = PoolParams("BTC/USDC", token.address, oracle.address, 3, 3_600, 300, 0, 0, 0, 0, 600, 10**7)
    pool = contracts.deploy_pool(account, factory, params)
    read = contracts.instance("LeveragedPool", pool.address)
    path = default_record_path()
    path.parent.mkdir()
    chain = {"network": connected_network(), "chain_id": ape.chain.chain_id, "genesis": genesis()}
    records.save(path, records.Record(deployer=account.address, **chain))
    try:
        explorer.write(path)
    except explorer.VerificationError as error:
        refusal = str(error)
    said = {
        "package": str(Path(contracts.__file__).parents[1]),
        "record": str(path),
        "prices": [int(price) for price in read.tokenPrices()],
        "name": contracts.instance("PoolToken", read.longToken()).name(),
        "refusal": refusal,
    }
print(json.dumps(said))
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built as pip builds it, where nothing but setuptools is installed; from a copy, as building leaves files behind."""
    source, folder, installed = (tmp_path_factory.mktemp(name) for name in ("source", "wheel", "installed"))
    for name in ("pyproject.toml", "LICENSE"):
        shutil.copy(ROOT / name, source)
    shutil.copytree(PACKAGE, source / PACKAGE.name, ignore=shutil.ignore_patterns("__pycache__"))
    for part in (*SITE_PACKAGES.glob("setuptools*"), SITE_PACKAGES / "_distutils_hack"):
        (installed / part.name).symlink_to(part)
    build = f"from setuptools import build_meta; build_meta.build_wheel({str(folder)!r})"
    run(build, source, PYTHONPATH=str(installed))
    (built,) = folder.glob("*.whl")
    return built


def run(program: str, folder: Path, *arguments: str, **environment: str) -> str:
    """What the program prints. `-S`: of what is installed in this environment it finds no more than PYTHONPATH names."""
    command = [sys.executable, "-S", "-c", program, *arguments]
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_wheel__has_every_file_of_the_package_and_no_other(wheel: Path) -> None:
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if not name.split("/")[0].endswith(".dist-info")}
    files = {path.relative_to(ROOT).as_posix() for path in PACKAGE.rglob("*") if path.is_file()}
    assert packed == {name for name in files if "__pycache__" not in name}
    assert "perpetual_pools/artifacts/PoolKeeper.json" in packed


def test_wheel__installed_elsewhere__deploys_a_pool_and_reads_it(wheel: Path, tmp_path: Path) -> None:
    """With the packages it depends on, and without the checkout."""
    site, elsewhere = tmp_path / "site", tmp_path / "elsewhere"
    elsewhere.mkdir()
    options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--no-index"]
    subprocess.run([sys.executable, "-m", "pip", "install", *options, "--target", site, wheel], check=True)
    paths = os.pathsep.join(map(str, (site, SITE_PACKAGES)))
    with anvil() as url:
        said = run(PROGRAM, elsewhere, url, PYTHONPATH=paths, APE_DATA_FOLDER=str(tmp_path / "ape"))
    assert json.loads(said.splitlines()[-1]) == {
        "package": str(site / "perpetual_pools"),
        "record": str(elsewhere / "deployments" / "local.json"),
        "prices": [10**18, 10**18],
        "name": "3L-BTC/USDC",
        "refusal": f"block explorers need the contracts' sources, and {elsewhere} has none: run this in a checkout of the "
        "commit that deployed the contracts",
    }
