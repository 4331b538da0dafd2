using Quorate.Contracts;
using Quorate.Contracts.Placing;
using Quorate.Engine.Place.Agreement;
using Quorate.Engine.Place.Queueing;
using Quorate.Engine.Place.Workloads;
using Quorate.Faults.Agents;
using Output = Quorate.Cli.Common.Output;

namespace Quorate.Cli.Views;

/// <summary>One policy's figures on a trace. Seconds is what the replay itself took.</summary>
internal sealed record WorkloadRow(string Policy, int Jobs, int Rejected, double Utilisation, double MeanWaitS, double MeanBoundedSlowdown, double P95BoundedSlowdown, double Fairness, double MakespanS, double Seconds)
{
    /// <summary>What the votes came to; null without votes.</summary>
    public VotesRow? Votes { get; init; }
}

/// <summary>What a replay through votes came to. NeverRan: jobs for which the pools that were left never had room. Convicted: agents proven to have lied.</summary>
internal sealed record VotesRow(int Rounds, int Replaced, int NeverRan, IReadOnlyList<string> Convicted);

/// <summary>Policies side by side on one trace.</summary>
internal sealed record WorkloadView
{
    public required string Trace { get; init; }
    public required string Cluster { get; init; }
    public required int Jobs { get; init; }

    /// <summary>Between the first submission and the last.</summary>
    public required double Days { get; init; }

    /// <summary>Core-seconds asked for in that time beside those there are.</summary>
    public required double Load { get; init; }

    /// <summary>Lines of the trace that were passed over, by reason.</summary>
    public required IReadOnlyDictionary<string, int> Skipped { get; init; }
    public required IReadOnlyList<WorkloadRow> Policies { get; init; }

    public static async Task<WorkloadView> RunAsync(string trace, ClusterSpec cluster, IReadOnlyList<JobSpec> jobs, IReadOnlyDictionary<string, int> skipped, IReadOnlyList<QueuePolicy> policies, IReadOnlyList<VotedRun> voted, TimeProvider time, CancellationToken token)
    {
        var span = jobs.Max(j => j.SubmitS) - jobs.Min(j => j.SubmitS);
        var work = jobs.Sum(j => (double)(j.RuntimeS ?? j.WalltimeS) * j.CpuCores);
        var rows = policies.Select(policy => Row(policy, cluster, jobs, time, token)).ToList();
        foreach (var run in voted)
        {
            rows.Add(await RowAsync(run, cluster, jobs, time, token));
        }

        return new WorkloadView
        {
            Trace = trace,
            Cluster = cluster.Name,
            Jobs = jobs.Count,
            Days = Math.Round(span / 86_400.0, 2),
            Load = span > 0 ? Math.Round(work / ((double)span * cluster.Agents.Sum(a => a.Nodes * a.Node.CpuCores)), 3) : 0,
            Skipped = skipped,
            Policies = rows,
        };
    }

    public void Show(Output output)
    {
        output.Line($"{Output.Safe(Trace)}: [bold]{Counted.Of(Jobs, "job")}[/] over {Days:0.#} days on {Output.Safe(Cluster)}, load {Load:0.00}");
        foreach (var (reason, count) in Skipped)
        {
            output.Line($"[yellow]{Counted.Of(count, "line")} passed over:[/] {Output.Safe(reason)}");
        }

        var table = new FittedTable(output.People, output.Live).Name("policy").Number("utilisation", "in use").Number("mean wait", "wait").Number("bounded slowdown", "slowdown")
            .Number("its p95", "p95").Number("fairness", "fair").Number("rejected").Extra("replayed in");
        foreach (var row in Policies)
        {
            table.Row(
                Output.Safe(row.Policy), $"{row.Utilisation:P1}", $"{row.MeanWaitS:N0} s", $"{row.MeanBoundedSlowdown:N2}", $"{row.P95BoundedSlowdown:N2}", $"{row.Fairness:0.000}", $"{row.Rejected:N0}", $"{row.Seconds:0.00} s");
        }

        table.Write();
        foreach (var (name, votes) in Policies.Where(r => r.Votes is not null).Select(r => (r.Policy, r.Votes!)))
        {
            output.Line($"{Output.Safe(name)}: {Counted.Of(votes.Rounds, "round")}, {Counted.Of(votes.Replaced, "job")} placed again, {votes.NeverRan:N0} never ran; convicted: {(votes.Convicted.Count == 0 ? "nobody" : Output.Safe(string.Join(", ", votes.Convicted)))}");
        }
    }

    private static WorkloadRow Row(QueuePolicy policy, ClusterSpec cluster, IReadOnlyList<JobSpec> jobs, TimeProvider time, CancellationToken token)
    {
        var started = time.GetTimestamp();
        var metrics = WorkloadReplay.Run(cluster, jobs, new ReplayOptions { Queue = new QueueOptions { Policy = policy } }, token).Metrics;
        return Row(QuorateJson.NameOf(policy), metrics, time.GetElapsedTime(started));
    }

    private static async Task<WorkloadRow> RowAsync(VotedRun run, ClusterSpec cluster, IReadOnlyList<JobSpec> jobs, TimeProvider time, CancellationToken token)
    {
        var started = time.GetTimestamp();
        IAgentFaults faults = run.Plan is null ? new NoFaults() : new AgentFaultInjector(run.Plan, cluster, run.Seed);
        var result = await VotedReplay.RunAsync(cluster, jobs, faults, cancellationToken: token);
        return Row(run.Name, result.Metrics, time.GetElapsedTime(started)) with
        {
            Votes = new VotesRow(result.Report.Rounds, result.Report.Replaced, result.NeverRan.Count, result.Report.ByzantineDetected),
        };
    }

    private static WorkloadRow Row(string name, ReplayMetrics m, TimeSpan took) => new(
        name, m.Jobs, m.Rejected, Math.Round(m.Utilisation, 4), Math.Round(m.MeanWaitS, 1), Math.Round(m.MeanBoundedSlowdown, 3), Math.Round(m.P95BoundedSlowdown, 3), Math.Round(m.Fairness, 4), m.MakespanS,
        Math.Round(took.TotalSeconds, 3));
}
