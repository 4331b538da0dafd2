using System.Globalization;
using Quorate.Cli.Common;
using Quorate.Cli.Placing;
using Quorate.Contracts;
using Quorate.Contracts.Placing;
using Quorate.Engine.Place;
using Quorate.Engine.Place.Agreement;

namespace Quorate.Cli.Views;

/// <summary>A run of placements for a person: the agents, each job with its votes as it is decided, faults and what was found out, and the report.</summary>
internal sealed class PlaceView(Output output, ClusterSpec cluster, bool explain) : IPlacementObserver
{
    private const int MaxText = 160;

    /// <summary>Of a job that was not placed: one part for each of the cluster's agents.</summary>
    private const int MaxReason = 400 * ClusterSpec.MaxAgents;

    /// <summary>Jobs shown one by one; more would hide the report.</summary>
    private const int MaxJobs = 200;

    private readonly HashSet<(string, string)> _told = [];
    private int _shown;
    private long? _until;

    public void Begin(PlacementRequest request)
    {
        // When the last fault ends is known only when none is drawn by chance.
        _until = request.Faults is { FaultInjectionRate: 0, Schedule.Count: > 0 } plan ? plan.Schedule.Max(f => f.Round + f.Rounds) : null;
        output.Heading("Initialisation");
        foreach (var agent in cluster.Agents)
        {
            output.Line($"[green]✓[/] [bold]{Output.Safe(agent.Name)}[/] manages {Counted.Of(agent.Nodes, "node")}: {agent.Node.Has()} each [grey]{((agent.Model ?? request.Model) is { } model ? $"votes as {Output.Safe(model)} answers" : "votes by rules")}[/]");
        }

        var tolerated = (cluster.Agents.Count - 1) / 3;
        output.Line($"[grey]{Counted.Of(request.Jobs.Count, "job")}, {request.Options.Protocol}, {request.Options.BackendName} backend; {tolerated} of {Counted.Of(cluster.Agents.Count, "agent")} may lie[/]");
        if (request.IsReal)
        {
            output.Line($"[grey]run {Output.Safe(request.RunId)}; should this process end early: quorate place --resume {Output.Safe(request.RunId)}[/]");
        }

        if (request.Recorded is { } recorded)
        {
            output.Line($"[blue]↻[/] resumed: what the ledger holds of it comes first, {Counted.Of(recorded.History.Events.Count(e => e.Decided is not null), "round")}");
        }

        output.Heading("Healthy operation");
    }

    public void On(PlacementProgress progress)
    {
        if (progress.Fault is { } fault)
        {
            TellOnce(_until is null ? "Fault injection and recovery" : "Fault injection");
            output.Line($"[red]●[/] fault: [bold]{Output.Safe(fault.Agent)}[/] {Words(fault.Kind)} for {Counted.Of(fault.Until - fault.Round, "round")}");
        }

        if (progress.Outage is { } outage)
        {
            output.Line(outage.Length > 0 ? $"[red]●[/] the backend does not answer: {Output.Safe(PlainText.Line(outage, MaxText))}" : "[green]●[/] the backend answers again");
        }

        if (progress.Finding is { } finding && _told.Add((finding.Agent, finding.Kind)))
        {
            output.Line($"[yellow]![/] {(finding.Proven ? "proven" : "suspected")}: [bold]{Output.Safe(finding.Agent)}[/] {Words(finding.Kind)} [grey]{Output.Safe(PlainText.Line(finding.Detail, MaxText))}[/]");
        }

        if (progress.Round is { } round)
        {
            if (round.Record.Round >= _until)
            {
                TellOnce("Recovery");
            }

            ShowRound(round, progress.Applied);
        }

        if (progress.Job is { Outcome: not PlacementOutcome.Placed } job && ++_shown <= MaxJobs)
        {
            output.Line($"[red]✗[/] [bold]{Output.Safe(job.Name)}[/] {job.Outcome}: {Output.Safe(PlainText.Line(job.Reason ?? "", MaxReason))}");
        }
    }

    public void Show(PlacementResult result)
    {
        output.Heading("Report");
        var table = new FittedTable(output.People, output.Live).Name("agent").Number("jobs").Number("accepted", "acc.").Number("rejected", "rej.").Text("faults").Text("found");
        foreach (var agent in cluster.Agents.Select(a => a.Name))
        {
            var votes = result.Jobs.SelectMany(j => j.Votes).Where(v => v.Agent == agent).ToList();
            table.Row(
                $"[bold]{Output.Safe(agent)}[/]",
                Number(result.Jobs.Count(j => j.Agent == agent)),
                Number(votes.Count(v => v.Vote == AgentVote.Accept)),
                Number(votes.Count(v => v.Vote == AgentVote.Reject)),
                Output.Safe(Listed(result.Faults.Where(f => f.Agent == agent).Select(f => f.Kind))),
                Output.Safe(Listed(result.Findings.Where(f => f.Agent == agent).DistinctBy(f => (f.Kind, f.Round)).Select(f => f.Kind))));
        }

        table.Write();
        ShowNumbers(result);
    }

    private void ShowNumbers(PlacementResult result)
    {
        var report = result.Report;
        var placed = result.Jobs.Count(j => j.Outcome == PlacementOutcome.Placed);
        output.Line($"Success rate: {(placed == result.Jobs.Count ? "[green]" : "[red]")}{report.SuccessRate:P1}[/] ({placed}/{Counted.Of(result.Jobs.Count, "job")} placed, {report.Replaced} placed again after a loss)");
        if (result.Faults.Count > 0)
        {
            output.Line($"Byzantine agents detected: {(report.ByzantineDetected.Count == 0 ? "none" : Output.Safe(string.Join(", ", report.ByzantineDetected)))}");
            output.Line($"Correctness under attack: {(report.CorrectnessUnderAttack is { } correct ? $"{correct:P1} of what was decided under a fault is what the rules say" : "nothing was decided under a fault")}");
            output.Line($"Recovery: {(report.RecoveryMs is { } mean ? $"{Duration.Text(mean)} average, p95 {Duration.Text(report.RecoveryP95Ms ?? mean)}" : "nothing had to recover")} over {Counted.Of(result.Faults.Count, "fault")}");
        }

        if (result.Interrupted is { } interrupted)
        {
            output.Line($"[red]✗[/] interrupted: {Output.Safe(PlainText.Line(interrupted, MaxText))}; what runs goes on. Then: quorate place --resume {Output.Safe(result.RunId)}");
        }

        if (result.LeftOpen.Count > 0)
        {
            output.Line($"[yellow]![/] given up, and perhaps run by the backend after all: {Output.Safe(PlainText.Line(string.Join(", ", result.LeftOpen), 4 * MaxText))}; quorate place --resume {Output.Safe(result.RunId)} cancels them");
        }

        if (report.LlmCalls > 0)
        {
            output.Line($"Model calls: {report.LlmOk}/{report.LlmCalls} held a vote ({(double)report.LlmOk / report.LlmCalls:P1})");
        }

        var peak = string.Join(", ", report.PeakUtilisation.Where(p => p.Value > 0).Select(p => $"{p.Key} {p.Value:P0}"));
        var latencies = result.Jobs.Where(j => j.Certificate is not null).Select(j => j.LatencyMs).Order().ToList();
        output.Line($"[grey]{Counted.Of(report.Rounds, "round")} decided, {(latencies.Count > 0 ? $"median {Duration.Text(latencies[latencies.Count / 2])} a decision; " : "")}peak use: {peak}[/]");
    }

    private void ShowRound(RoundResult round, AppliedRound? applied)
    {
        if (applied is null)
        {
            output.Line($"[red]✗[/] round {round.Record.Round}: no quorum after {Duration.Text(round.ElapsedMs)}{(round.Trouble is { } trouble ? $", the agents' messages do not travel: {Output.Safe(trouble)}" : "")}");
            return;
        }

        foreach (var node in round.Record.Nodes ?? [])
        {
            output.Line($"[blue]↻[/] node [bold]{Output.Safe(node.Name)}[/] of {Output.Safe(node.Agent)} {(node.IsUp ? "is back" : "takes no more jobs")}");
        }

        foreach (var (change, i) in round.Record.Changes.Select((c, i) => (c, i)).Where(c => applied.Outcome.Changes[c.i]))
        {
            output.Line($"[blue]↻[/] [bold]{Output.Safe(change.Agent)}[/] {Done(change.Change)} [grey]{Output.Safe(change.Reason)}[/]{(applied.Lost.Count > 0 && change.Change == MembershipChanges.Withdraw ? $" {Counted.Of(applied.Lost.Count, "job")} to place again" : "")}");
        }

        for (var i = 0; i < round.Record.Proposals.Count && i < applied.Placed.Count && _shown++ < MaxJobs; i++)
        {
            ShowProposal(round, applied, i);
        }
    }

    private void ShowProposal(RoundResult round, AppliedRound applied, int index)
    {
        var proposal = round.Record.Proposals[index];
        var votes = round.Ballots.Where(b => index < b.Value.Votes.Count).Select(b => (Agent: cluster.Agents[b.Key], Vote: b.Value.Votes[index], Number: b.Key)).OrderBy(v => v.Number).ToList();
        var accepted = votes.Count(v => v.Vote.Accepts);
        output.Line($"{(applied.Placed[index] ? "[green]✓[/]" : "[yellow]–[/]")} [bold]{Output.Safe(proposal.Job)}[/] {(applied.Placed[index] ? "→" : "not to")} {Output.Safe(proposal.Agent)}, {Counted.Of(proposal.Nodes.Count, "node")}, {accepted}/{cluster.Agents.Count} votes [grey]{Duration.Text(round.ElapsedMs)}{(proposal.Basis is { } basis ? ", " + Output.Safe(PlainText.Line(basis, 40)) : "")}[/]");
        foreach (var (agent, vote, number) in explain ? votes : [])
        {
            var cast = round.Cast.GetValueOrDefault(number)?.Votes.ElementAtOrDefault(index);
            if (cast?.Transcript is { } transcript)
            {
                output.Line($"   [grey]prompt to {Output.Safe(agent.Name)} ({Output.Safe(transcript.Model)}, temperature {transcript.Temperature.ToString(CultureInfo.InvariantCulture)}, at most {transcript.MaxTokens} tokens):[/]");
                output.Line($"[grey]{Output.Safe(Indented(transcript.Prompt))}[/]");
                output.Line($"   [grey]answer after {Duration.Text(transcript.LatencyMs)}:[/] {Output.Safe(PlainText.Line(transcript.Response, 400))}");
                output.Line($"   [grey]read as: {Output.Safe(string.Join("; ", transcript.Parsing))}[/]");
            }

            output.Line($"   {(vote.Accepts ? "[green]accept[/]" : "[red]reject[/]")} [bold]{Output.Safe(agent.Name)}[/] {vote.Confidence:0.00} [grey]{vote.Source}{(cast?.Fallback is { } why ? $" because {Output.Safe(why)}" : "")}: {Output.Safe(PlainText.Line(vote.Reasoning, MaxText))}[/]");
        }
    }

    private void TellOnce(string phase)
    {
        if (_told.Add(("", phase)))
        {
            output.Heading(phase);
        }
    }

    private static string Indented(string text) => string.Join('\n', text.Split('\n').Select(l => "     " + l));

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Words(string kind) => Output.Safe(kind.Replace('_', ' '));

    private static string Listed(IEnumerable<string> kinds) => string.Join(", ", kinds.GroupBy(k => k).Select(g => g.Count() == 1 ? Words(g.Key) : $"{Words(g.Key)} ×{g.Count()}"));

    private static string Done(string change) => change switch
    {
        MembershipChanges.Withdraw => "withdrawn:",
        MembershipChanges.Restore => "is back:",
        MembershipChanges.Quarantine => "quarantined:",
        _ => "readmitted:",
    };
}
