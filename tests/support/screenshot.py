"""Makes the README's picture: the real app, on a real run on this machine.

python tests/support/screenshot.py [.github/screenshot.svg]
"""

from __future__ import annotations

import asyncio
import re
import sys
from pathlib import Path

from poolscope.tui.app import PoolscopeApp
from poolscope.tui.bridge import Bridge
from poolscope.workloads import catalogue
from poolscope.workloads.launcher import Guardian

SIZE = (120, 40)
LONGEST = 120
"""Seconds that the run may take."""


async def picture() -> str:
    """Run the first workload's lanes and return what the screen shows at the end, as SVG."""
    bridge = Bridge(Guardian.start(), Guardian.start)
    app = PoolscopeApp(bridge, [catalogue.find(name) for name in catalogue.names()])
    try:
        async with app.run_test(size=SIZE) as pilot:
            await pilot.pause(1)
            await pilot.press("r", "2")
            async with asyncio.timeout(LONGEST):
                while bridge.latest is None or bridge.latest.comparison is None or bridge.latest.is_running:
                    await pilot.pause(0.1)
            await pilot.pause(2)
            return app.export_screenshot(title="poolscope", simplify=True)
    finally:
        bridge.close()


def plain(svg: str) -> str:
    """Take out the fonts that the picture would fetch from elsewhere, and what differs for no reason."""
    svg = re.sub(r"\s*@font-face \{.*?\}", "", svg, flags=re.DOTALL)
    return re.sub(r"\bterminal-\d+-", "terminal-", svg)


if __name__ == "__main__":
    target = Path(sys.argv[1] if len(sys.argv) > 1 else ".github/screenshot.svg")
    target.parent.mkdir(exist_ok=True)
    target.write_text(plain(asyncio.run(picture())), encoding="utf-8")
    print(target)
