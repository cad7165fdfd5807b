"""`ape run schedule` as its users see it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import matplotlib.image

from perpetual_pools.programme import TCR, weekly_amounts

ROOT = Path(__file__).parents[2]
APE = str(Path(sys.executable).with_name("ape"))
NOWHERE = "http://127.0.0.1:1"
"""Nobody can listen there."""


def schedule(*options: object, url: str = NOWHERE, answer: str = "", **more: str) -> subprocess.CompletedProcess[str]:
    """`more`: environment variables."""
    return subprocess.run(
        [APE, "run", "schedule", *map(str, options)],
        cwd=ROOT,
        env={**os.environ, "APE_FOUNDRY_HOST": url, **more},
        input=answer,
        capture_output=True,
        text=True,
        timeout=120,
    )


# --- preview ---


def test_schedule__preview__prints_phases_and_milestones_and_draws_without_a_chain(tmp_path: Path) -> None:
    chart = tmp_path / "chart.png"
    done = schedule("--preview", "--chart", chart)
    assert (done.returncode, done.stderr) == (0, "")
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert [line for line in lines if line[:1].isdigit()] == [
        "0 to 3 8,000,000 6,250,000 28,500,000 28,500,000",
        "4 to 25 4,552,790 303,681 21,500,000 50,000,000",
        "26 to 259 302,552 155,526 50,000,000 100,000,000",
        "353,000,000 TCR (35.30 %) are left for distribution: 253,000,000 stay.",
    ]
    assert [line for line in lines if line.startswith("in ")] == [
        "in 4 weeks 28,500,000 2.85 %",
        "in 26 weeks 50,000,000 5.00 %",
        "in 5 years 100,000,000 10.00 %",
    ]
    assert "All 260 weeks emit 100,000,000 TCR, 10.00 % of 1,000,000,000." in lines
    assert lines[-1] == f"Chart: {chart}"
    assert max(map(len, done.stdout.splitlines()[:-1])) <= 80
    height, width, _ = matplotlib.image.imread(chart).shape
    assert (width, height) == (1_430, 1_092)


def test_schedule__preview_as_json__is_the_programme_and_all_there_is_on_standard_output(tmp_path: Path) -> None:
    done = schedule("--preview", "--json", "--chart", tmp_path / "chart.png")
    assert done.returncode == 0, done.stderr
    assert "Milestones" in done.stderr
    preview = json.loads(done.stdout)
    assert preview.pop("weekly_amounts_tcr_wei") == [str(amount) for amount in weekly_amounts()]
    assert preview == {
        "schema_version": 1,
        "supply_tcr_wei": str(10**9 * TCR),
        "left_for_distribution_tcr_wei": str(353 * 10**6 * TCR),
        "total_tcr_wei": str(10**8 * TCR),
        "phases": [
            {
                "first_week": first,
                "last_week": last,
                "first_amount_tcr_wei": str(amount * TCR),
                "last_amount_tcr_wei": str(last_amount * TCR),
                "total_tcr_wei": str(total * TCR),
            }
            for first, last, amount, last_amount, total in (
                (0, 3, 8_000_000, 6_250_000, 28_500_000),
                (4, 25, 4_552_790, 303_681, 21_500_000),
                (26, 259, 302_552, 155_526, 50_000_000),
            )
        ],
        "milestones": [
            {"weeks": weeks, "emitted_tcr_wei": str(emitted * TCR), "bps_of_supply": bps}
            for weeks, emitted, bps in ((4, 28_500_000, 285), (26, 50_000_000, 500), (260, 100_000_000, 1_000))
        ],
    }


def test_schedule__chart_cannot_be_written__says_so(tmp_path: Path) -> None:
    chart = tmp_path / "nowhere" / "chart.png"
    done = schedule("--preview", "--chart", chart)
    assert done.returncode == 1
    assert done.stderr == f"Error: [Errno 2] No such file or directory: '{chart}'\n"
