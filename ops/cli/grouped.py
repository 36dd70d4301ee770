"""A command with commands below it, whose help says of each the whole first sentence."""

from __future__ import annotations

import click


class Group(click.Group):
    """Click cuts what does not fit beside a command's name; half a sentence tells a newcomer nothing, so it goes on
    below. A command that there is not is answered with the one that was probably meant, also where commands are
    imported only when they are called."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands in their order, with the first sentence of their help."""
        known = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        rows = [(name, each.get_short_help_str(limit=1_000)) for name, each in known if each is not None]
        if rows:
            with formatter.section("Commands"):
                formatter.write_dl(rows)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the arguments begin with. Raises NoSuchCommand."""
        try:
            return super().resolve_command(ctx, args)
        except click.NoSuchCommand as none:
            raise click.NoSuchCommand(
                none.command_name, possibilities=self.list_commands(ctx), ctx=ctx
            ) from None
