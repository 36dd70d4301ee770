"""`pantau doctor`: what a person should mend, each finding with its remedy."""

from __future__ import annotations

import click

from ops.cli.output import json_option, print_json


@click.command()
@json_option
def doctor(as_json: bool) -> int:
    """Examine this installation; every finding comes with its remedy. Exit 1 if something must be mended."""
    from ops.doctor import examine

    findings = examine()
    sick = any(finding.level == "bad" for finding in findings)
    if as_json:
        print_json({"ok": not sick, "findings": findings})
        return int(sick)
    for finding in findings:
        click.echo(f"{ {'ok': '●', 'warn': '▲', 'bad': '■'}[finding.level] } {finding.about}: {finding.says}")
        if finding.remedy:
            click.echo(f"    → {finding.remedy}")
    return int(sick)
