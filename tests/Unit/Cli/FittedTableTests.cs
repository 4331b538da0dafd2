using Quorate.Cli.Views;
using Spectre.Console;

namespace Quorate.Tests.Unit.Cli;

public class FittedTableTests
{
    private static readonly string[] Numbers = ["0.7312", "██████", "1.000", "123456.789"];

    [Theory]
    [InlineData(200, true, true, true)]
    [InlineData(58, false, true, true)]
    [InlineData(52, false, false, true)]
    [InlineData(48, false, false, false)]
    public void Write_EachWidth_NumbersAndNamesStayWhole(int width, bool hasBar, bool hasLongHeadings, bool hasLines)
    {
        using var written = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, Out = new AnsiConsoleOutput(written) });
        console.Profile.Width = width;
        var table = new FittedTable(console, lined: true).Name("agent").Number("overall").Extra("bar").Number("reliability", "rel.").Number("cost");
        table.Row("[bold]agent-with-a-name[/]", Numbers[0], Numbers[1], Numbers[2], Numbers[3]);
        table.Write();
        var lines = written.ToString().TrimEnd().Split('\n').Select(l => l.TrimEnd()).ToList();
        Assert.All(lines, line => Assert.True(line.Length <= width, line));
        var row = Assert.Single(lines, l => l.Contains("agent-with-a-name", StringComparison.Ordinal));
        Assert.All(hasBar ? Numbers : [Numbers[0], Numbers[2], Numbers[3]], number => Assert.Contains(number, row, StringComparison.Ordinal));
        Assert.Equal((hasBar, hasLongHeadings, hasLines), (row.Contains('█'), written.ToString().Contains("reliability", StringComparison.Ordinal), written.ToString().Contains('│')));
    }
}
