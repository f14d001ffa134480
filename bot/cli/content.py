"""`giothong content check`: looks through the content files, and the sample organisation beside them."""

from argparse import Namespace
from pathlib import Path

from bot import clock
from bot.channels.fit import fit
from bot.domain.loads import BadLoad
from bot.library.checks import check as check_content
from bot.library.loadfile import read_load_file
from bot.library.on_channels import on_channels
from bot.library.reading import content_root


def check(_args: Namespace) -> int:
    """Print each finding; 1 when one of them is an error."""
    root = content_root()
    findings = sorted({*check_content(root, clock.now().date()), *on_channels(root, fit)})
    for finding in findings:
        print(finding)
    faults = [fault for file in sorted((root / "sample").glob("*.yaml")) for fault in _load_faults(file, root)]
    print("\n".join(faults), end="\n" if faults else "")
    errors = len(faults) + sum(finding.level == "error" for finding in findings)
    print(f"{errors} errors, {len(findings) + len(faults) - errors} warnings")
    return 1 if errors else 0


def _load_faults(file: Path, root: Path) -> list[str]:
    try:
        read_load_file(file.read_text(encoding="utf-8"), f"{root.name}/sample/{file.name}")
    except BadLoad as error:
        return str(error).splitlines()
    return []
