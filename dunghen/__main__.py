"""The command line: `dunghen COMMAND`."""

import typer

from dunghen.commands import audit, deadline, demo, dlq, follow, importing, report, run, topics

app = typer.Typer(
    name="dunghen",
    help="Đúng Hẹn: giữ đúng ngày hẹn của từng hồ sơ.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
    add_completion=False,
)
app.command("run")(run.run_command)
app.command("import")(importing.import_command)
app.command("follow")(follow.follow_command)
app.command("demo")(demo.demo_command)
app.add_typer(deadline.app, name="deadline")
app.add_typer(topics.app, name="topics")
app.add_typer(report.app, name="report")
app.add_typer(dlq.app, name="dlq")
app.add_typer(audit.app, name="audit")


def main() -> None:
    """Entry point of the `dunghen` script."""
    app()


if __name__ == "__main__":
    main()
