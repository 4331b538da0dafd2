using Quorate.Cli.Common;
using Quorate.Contracts;
using Quorate.Contracts.Coordination;

namespace Quorate.Cli.Views;

/// <summary>An auction for a person: phases, scores, the winner and why, price, risk and what would lower it.</summary>
internal sealed class AuctionView(Output output)
{
    private const int BarWidth = 10;
    private const int MaxText = 200;

    /// <summary>Agents listed; more would hide the outcome.</summary>
    private const int MaxRows = 30;

    public void Show(AuctionTask task, AuctionResult result, bool explain)
    {
        output.Line($"[bold]{Output.Safe(result.Task)}[/] [grey]{result.AuctionId}[/] reserve {result.Reserve:0.##}, {task.Requirements.MaxDurationS:0.##} s");
        foreach (var (i, phase) in result.Phases.Index())
        {
            output.Line($" [grey]{i + 1}[/] {phase.Name,-12} {Output.Safe(phase.Summary)} [grey]{Duration.Text(phase.Ms)}[/]");
        }

        if (explain)
        {
            ShowBids(result.Record!);
        }

        ShowScores(result, explain);
        ShowFaults(result);
        ShowOutcome(result);
    }

    private void ShowBids(AuctionRecord record)
    {
        foreach (var agent in record.Participants.Where(p => p.Commitments.Count > 0).Take(MaxRows))
        {
            foreach (var commitment in agent.Commitments)
            {
                output.Line($"   [bold]{Output.Safe(agent.Name)}[/] sealed [grey]{Output.Safe(commitment.Hash)}[/]");
            }

            output.Line(agent.Reveal is { Bid: var bid } reveal
                ? $"   [bold]{Output.Safe(agent.Name)}[/] opened cost {bid.Cost:0.##}, {bid.DurationS:0.##} s, load {bid.Load:0.##}, {Output.Safe(PlainText.Line(string.Join(' ', bid.Approach), MaxText))} [grey]nonce {Output.Safe(reveal.Nonce)}[/]"
                : $"   [bold]{Output.Safe(agent.Name)}[/] [red]never opened[/]");
        }
    }

    private void ShowScores(AuctionResult result, bool explain)
    {
        if (result.Ranking.Count > 0)
        {
            var table = new FittedTable(output.People, output.Live).Name("agent").Number("overall").Extra("").Number("cost").Number("quality")
                .Number("performance", "perf.").Number("reliability", "reliab.").Number("innovation", "innov.").Number("risk");
            foreach (var agent in result.Ranking.Take(MaxRows))
            {
                var s = result.Scores[agent];
                table.Row(
                    $"{(agent == result.Winner ? "[green]★[/]" : " ")} [bold]{Output.Safe(agent)}[/]", $"{s.Overall:0.0000}", Bar(s.Overall), Cell(s.Cost), Cell(s.Quality), Cell(s.Performance), Cell(s.Reliability), Cell(s.Innovation), Cell(1 - s.Risk, s.Risk));
            }

            table.Write();
        }

        foreach (var agent in explain ? result.Ranking.Take(MaxRows) : [])
        {
            var c = result.Capabilities[agent];
            var throughput = c.Throughput is { } t ? $", throughput {t:0.##} (confidence {c.ThroughputConfidence:0.00})" : "";
            output.Line($"   [bold]{Output.Safe(agent)}[/] expected: quality {c.Quality:0.000} (confidence {c.QualityConfidence:0.00}){throughput}, reliability {c.Reliability:0.000}, with 95 % credibility at least {c.ReliabilityLower:0.000}");
        }

        foreach (var excluded in result.Excluded.Take(MaxRows))
        {
            output.Line($" [yellow]out[/] [bold]{Output.Safe(excluded.Agent)}[/] [grey]{excluded.Reason}[/] {Output.Safe(result.Failures.GetValueOrDefault(excluded.Agent) ?? excluded.Detail)}");
        }
    }

    private void ShowFaults(AuctionResult result)
    {
        foreach (var turn in result.Auctioneers.Where(t => !t.Accepted))
        {
            output.Line($" [red]refused[/] the record of auctioneer [bold]{Output.Safe(turn.Agent)}[/]: {Output.Safe(turn.Problem!)}");
        }

        foreach (var evidence in result.Evidence)
        {
            output.Line($" [red]evidence[/] against [bold]{Output.Safe(evidence.Agent)}[/] [grey]{evidence.Kind}[/]: {Output.Safe(evidence.Detail)}; it signed {evidence.First.Statement} {Output.Safe(evidence.First.Hash[..16])}{(evidence.Second is { } second ? $" and {second.Statement} {Output.Safe(second.Hash[..16])}" : "")}");
        }
    }

    private void ShowOutcome(AuctionResult result)
    {
        if (result.Winner is null)
        {
            output.Line($"[yellow]no winner[/]: {Output.Safe(result.Reason ?? "nobody bid")}");
        }
        else
        {
            var why = result.RunnerUp is null ? "the only bid that counts; it is paid the reserve" : $"asked {result.Bid!.Cost:0.##}; at the price its score would equal that of {Output.Safe(result.RunnerUp)}";
            output.Line($"[green]winner[/] [bold]{Output.Safe(result.Winner)}[/], price [bold]{result.Price:0.##}[/] [grey]({why})[/]");
            ShowRisk(result.Risk!);
        }

        if (result.Certificate is { } certificate)
        {
            output.Line($"[grey]signed by {certificate.Signers.Count} of {Counted.Of(result.Members, "agent")}, of which {result.MaxLiars} may lie; auctioneer {Output.Safe(result.Auctioneers[^1].Agent)}, record {result.RecordHash[..16]}[/]");
        }
    }

    private void ShowRisk(AuctionRisk risk)
    {
        output.Line($"risk [{Colour(1 - risk.Level)}]{risk.Grade}[/] {risk.Level:0.00}");
        foreach (var factor in risk.Factors)
        {
            output.Line($"   {factor.Name,-14} [{Colour(1 - factor.Level)}]{factor.Grade,-6}[/] {factor.Level:0.00}  {Output.Safe(factor.Reason)}{(factor.Grade == "low" ? "" : $"; to lower it: {Output.Safe(factor.Remedy)}")}");
        }
    }

    private static string Bar(double share)
    {
        var full = (int)Math.Round(Math.Clamp(share, 0, 1) * BarWidth);
        return $"[{Colour(share)}]{new string('█', full)}[/][grey]{new string('░', BarWidth - full)}[/]";
    }

    private static string Cell(double goodness, double? shown = null) => $"[{Colour(goodness)}]{shown ?? goodness:0.000}[/]";

    private static string Colour(double goodness) => goodness >= 0.75 ? "green" : goodness >= 0.4 ? "yellow" : "red";
}
